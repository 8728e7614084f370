"""Regression: what one checklist says and another does not.

sides       what a user may name: a checklist file, a store, a revision in git
checkout    the files of a revision, in a folder that is gone afterwards
pairing     which claim of the one is which of the other, and which effect which
changes     claims lost and gained, and effects moved beyond their intervals
rendering   the changes as tables, as Markdown and as JSON
"""
