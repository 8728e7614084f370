"""The rules that move weights: one file an optimizer."""
