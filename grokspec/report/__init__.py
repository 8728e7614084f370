"""A report of claims: a page or a table that says which claims hold, with the evidence.

    gather      judges the claims, and collects everything for the report
    contents    what a report contains
    figures     figures as small SVG
    provenance  how, when and where the results of a spec were made
    wording     numbers, times and sentences
    page        the report as one HTML file (page.html.j2, style.css, filter.js)
    markdown, latex, json_file

Claims → checklist → contents → file.
"""
