"""Running pytest on projects from a notebook."""
