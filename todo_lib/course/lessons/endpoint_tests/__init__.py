"""Endpoint tests."""
