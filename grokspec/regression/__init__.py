"""Regression: the differences between two checklists.

sides       what can be compared: a checklist file, a store, a git revision
checkout    the files of a revision, in a temporary folder
pairing     finds the same claims and effects in both
changes     claims lost and gained, and effects moved beyond their intervals
rendering   the changes as tables, as Markdown and as JSON
"""
