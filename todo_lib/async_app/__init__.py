"""The asynchronous app: where the course ends."""
