"""The app's own tests, before and after the migration: they are the learner's, too."""
