"""What is recorded while a network trains, one probe a file."""
