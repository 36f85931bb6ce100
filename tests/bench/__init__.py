"""Measurements: what the course says about time, one script per question. `make bench` runs them all."""
