"""The learner's project, lesson by lesson: its files, its tests, how it is judged."""
