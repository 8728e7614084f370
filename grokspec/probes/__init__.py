"""What is recorded while a network trains. One file a probe."""
