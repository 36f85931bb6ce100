"""Tests of `todo_lib/lab`."""
