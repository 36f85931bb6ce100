"""No hidden I/O."""
