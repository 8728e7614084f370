"""A report of claims: one page, or a table, that says which of them hold and what that rests on.

    listening   what a claim's test knows that the checklist does not say
    drawn       the figures, as small SVG
    origins     with what, where and when the results of a spec were made
    gather      all of it put together
    contents    what a report contains
    page        … as one HTML file       (page.html.j2, style.css, filter.js)
    markdown, latex, data                … as a table and as JSON

One direction: claims → checklist → contents → file.
"""
