"""Was it worth it: the lesson."""
