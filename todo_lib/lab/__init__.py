"""What the notebooks import to teach."""
