"""What others record: the log of one's own training loop.

log         collects what a loop records, and gives its history
"""
