"""The rules by which weights move, one file an optimizer."""
