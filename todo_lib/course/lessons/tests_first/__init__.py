"""Tests first."""
