"""The whole store."""
