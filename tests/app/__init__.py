"""Tests of the app, before and after the migration."""
