"""The tests with which the course ends: asynchronous, for the asynchronous app."""
