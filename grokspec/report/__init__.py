"""A report of claims: one page, or a table, that says which of them hold and what that rests on.

    gather      all of it put together
    contents    what a report contains
    figures     the figures, as small SVG
    provenance  with what, where and when the results of a spec were made
    wording     numbers, times and sentences
    page        the report as one HTML file (page.html.j2, style.css, filter.js)
    markdown, latex, json_file

One direction: claims → checklist → contents → file.
"""
