"""The figures that `grokspec figure` draws. One file a figure."""
