"""Tests of `todo_lib/authoring`."""
