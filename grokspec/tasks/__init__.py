"""What there is to learn: where the data come from, one task a file."""
