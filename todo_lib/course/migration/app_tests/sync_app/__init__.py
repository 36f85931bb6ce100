"""The tests with which the course starts: synchronous, for the synchronous app."""
