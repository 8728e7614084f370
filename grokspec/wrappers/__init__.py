"""What gradients go through before the optimizer moves the weights, one file a wrapper."""
