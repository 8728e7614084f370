"""Claims and their verdicts.

claim       `@claim`, and the evaluation of a claim
controls    experiments that must change its verdict
record      a judged claim: one record, from its test to the report
profiles    the verdicts at other profiles, in committed files beside the claims
identity    what a verdict depends on: hashes of its test and its specs
checklist   the records of all claims, and the file that holds them
summary     the checklist on the terminal
figure      a figure of the numbers behind a verdict
judging     runs pytest on claims in a process of its own
"""

from grokspec.claims.claim import claim
from grokspec.claims.controls import Control

__all__ = ["Control", "claim"]
