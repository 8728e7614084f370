"""The tasks that a network can learn: where its data come from. One file a task."""
