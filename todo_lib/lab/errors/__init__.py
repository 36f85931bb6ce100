"""Errors that explain themselves: a catalogue, and how it is searched."""
