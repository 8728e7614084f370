"""Files that are read or written: arrays, public data, whole files."""
