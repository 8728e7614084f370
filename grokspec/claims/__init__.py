"""Claims, and what comes of judging them.

claim       what a claim says of itself; `@claim`
controls    experiments that must change its verdict
record      a judged claim, as one record from its test to the report
checklist   the records of all claims, and the file that keeps them
summary     the checklist as the terminal shows it
figure      the numbers that a claim was judged on, drawn
judging     claims judged by pytest in a process of its own
"""

from grokspec.claims.claim import claim
from grokspec.claims.controls import Control

__all__ = ["Control", "claim"]
