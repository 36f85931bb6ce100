"""Dependencies and endpoints."""
