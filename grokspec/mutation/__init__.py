"""Mutation testing: mistakes in the program, which claims and tests should notice.

    mutants     a mutant, and the file of those that come with grokspec (mutants.toml)
    selection   finds the claims that a mutant names
    copies      a copy of the package with one mutation, and a store for it
    judges      processes that import a copy and run pytest
    trying      judges mutants by the claims
    matrix      the kill matrix: which claim killed which mutant
    rules       the rules by which mutants are made: < to <=, + to −, first to last
    by_rule     the mutants that the rules make of a room of the program
    equivalents those that nothing can notice, with the reasons
    forked      a pytest plugin that tries mutants in forked processes
    rule_trying judges mutants made by rule, by tests and claims
    rule_matrix what became of them

A mutant → a mutated copy → its claims are judged → a line of the matrix.
"""
