"""The parts of the figure that `pytest --figures` draws of a claim: the evidence of its verdict."""
