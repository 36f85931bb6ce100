"""First awaits."""
