"""How stacks are trained: the part of the engines, and of what they record, that computes."""
