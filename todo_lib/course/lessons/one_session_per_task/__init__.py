"""One session per task."""
