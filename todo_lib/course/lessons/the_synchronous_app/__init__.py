"""The synchronous app."""
