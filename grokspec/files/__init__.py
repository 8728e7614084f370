"""What is read from and written to disk: input files, arrays, datasets, atomic writes."""
