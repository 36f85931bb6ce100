"""Do we need async: the lesson."""
