"""Results that others recorded."""
