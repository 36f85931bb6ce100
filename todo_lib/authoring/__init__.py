"""How the course is made, for contributors: from a lesson to checked notebooks."""
