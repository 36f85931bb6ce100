"""Better filters."""
