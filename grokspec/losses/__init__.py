"""The losses to train on, one file a loss."""
