"""What `pytest --figures` draws: for each claim, the numbers that it was judged on."""
