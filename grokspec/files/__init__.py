"""What is read from and written to disk: input files, arrays, downloads, atomic writes."""
