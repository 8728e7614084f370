"""Mutation testing of the claims: known mistakes put into the program, to see who notices.

    mutants     what a mutant is, and the file of those that come with grokspec (mutants.toml)
    selection   where the claims are that a mutant names
    copies      a copy of the package with one mutation in it, and a store of its own
    judges      processes that import a copy and run pytest with it
    trying      what the claims make of a mutated program
    matrix      which claim killed which mutant: the kill matrix

One direction: a mutant → a mutated copy → the claims judge it → a line of the matrix.
"""
