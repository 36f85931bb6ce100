"""What an event loop hides: coroutines that never ran, calls that block, tasks, time."""
