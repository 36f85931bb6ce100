"""What the lab does in a Jupyter kernel: its extension, the watcher, the magics."""
