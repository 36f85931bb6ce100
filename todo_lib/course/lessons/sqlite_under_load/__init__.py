"""SQLite under load."""
