"""How each lesson's answers are judged, and the help there is. The lessons' prose is in `notebooks/source`."""
