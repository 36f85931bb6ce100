"""Tests of `todo_lib/course`."""
