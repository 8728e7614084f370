"""Mutation testing of the claims: known mistakes in the program, which claims should notice.

    mutants     a mutant, and the file of those that come with grokspec (mutants.toml)
    selection   finds the claims that a mutant names
    copies      a copy of the package with one mutation, and a store for it
    judges      processes that import a copy and run pytest
    trying      judges mutants
    matrix      the kill matrix: which claim killed which mutant

A mutant → a mutated copy → its claims are judged → a line of the matrix.
"""
