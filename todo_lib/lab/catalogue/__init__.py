"""."""
ENTRIES=()
