"""How a number of the optimizer changes over the steps, one file a schedule."""
