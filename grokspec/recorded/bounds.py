"""How much is read of results that others recorded: far more than any sensible amount.

Each bound is checked before the work that grows with what it bounds.
"""

from __future__ import annotations

MOST_ENTRIES = 200_000
"""The most names of files and folders that are compared with a pattern."""

MOST_FILES = 10_000
"""The most files that a pattern may match."""

MOST_BYTES = 4 * 2**30
"""The most bytes that a file, and what is unpacked from it, may have."""

MOST_ROWS = 20_000_000
"""The most rows of a table, and the most records that all runs may have together."""

MOST_COLUMNS = 100_000
"""The most columns of a table."""

MOST_RUNS = 100_000
"""The most runs."""

MOST_STEPS = 2**53
"""The largest step, up to which whole numbers are exact as floating-point numbers."""

MOST_WILDCARDS = 20
"""The most wildcards in a pattern."""

LONGEST_PATTERN = 1_000
"""The most characters of a pattern."""

MOST_MISTAKES = 20
"""Reading stops when so many files have mistakes."""
