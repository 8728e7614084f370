"""Results: what runs recorded, in the form that one works in.

results        reading the runs of a spec from a store
dataset        as an xarray dataset, with the axes of the sweep
tables         as pandas tables: one row a record, or one a run
tensorboard    as TensorBoard's events
"""

from grokspec.results.results import MissingResults, Results, load_results, read_results

__all__ = ["MissingResults", "Results", "load_results", "read_results"]
