"""Regression: the differences between two checklists, and what became of claims over many.

sides       what can be compared: a checklist file, a store, a git revision, a file in one
series      several sides in order: the versions of a file, a folder, a range of commits
accepted    the verdicts that were accepted at a profile, read as a checklist
repository  what git knows: revisions, the commits of a file, what is in them
checkout    the files of a revision, in a temporary folder
pairing     finds the same claims and effects in two checklists
changes     claims lost and gained, and effects moved beyond their intervals
rendering   the changes as tables, as Markdown and as JSON
history     each claim over all sides, and where it changed
history_rendering  history_page  history_figure     as tables, as a page and as a figure
"""
