"""How the course is made: from one readable source per lesson to checked notebooks."""
