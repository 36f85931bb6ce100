"""Engine and session factory."""
