"""The synchronous app: where the course starts."""
