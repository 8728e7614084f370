"""Known faults put into the program, to see that claims notice them.

    faults      what a fault is, and the file of those that come with grokspec
    copies      a copy of the package with one fault in it
    selection   where the claims are that a fault names
    stores      a store of its own for each, which begins with what the user's has
    trying      what the claims make of a program with a fault in it
    table       which claim caught which fault: the kill table, as Markdown and JSON

One direction: a fault → a faulty copy → the claims judge it → a line of the table.
"""
