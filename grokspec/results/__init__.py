"""Results: what runs recorded, here or elsewhere, as arrays, tables and events.

results        reads the results of a spec from a store
dataset        as an xarray dataset, with the axes of the sweep
adopted        a dataset that was recorded elsewhere, laid out in the same way
tables         as pandas tables: one row for each record, or for each run
record         one's own runs in a table, one after the other
table_files    how such a table is a file
tensorboard    as TensorBoard's events
"""

from grokspec.results.results import MissingResults, Results, load_results, read_results

__all__ = ["MissingResults", "Results", "load_results", "read_results"]
