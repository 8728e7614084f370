"""What `grokspec figure` draws: one file a figure."""
