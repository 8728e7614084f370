"""The report as LaTeX: a table over several pages, for the packages booktabs and longtable."""

from __future__ import annotations

from grokspec.report import telling
from grokspec.report.contents import Judgement, Report, System

ESCAPES = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}
"""What LaTeX would not print as it is. Greek letters and the like need XeLaTeX or LuaLaTeX."""

HEAD = r"""\begin{longtable}{@{}llp{0.42\linewidth}p{0.14\linewidth}l@{}}
\toprule
Verdict & Id & Claim & Place & Measured \\
\midrule
\endhead
\bottomrule
\endfoot"""


def latex(report: Report) -> str:
    """A longtable, to be read by ``\\input``."""
    opening = [
        f"% {' '.join(report.title.split())}: grokspec {report.version}, profile {report.profile}",
        r"% needs \usepackage{booktabs,longtable}, and XeLaTeX or LuaLaTeX for the signs",
        HEAD,
    ]
    lines = [line for system in report.systems for line in _part(system)]
    return "\n".join([*opening, *lines, r"\end{longtable}", ""])


def _part(system: System) -> list[str]:
    title = rf"\multicolumn{{5}}{{@{{}}l}}{{\emph{{{escaped(system.name)}}}}} \\"
    return [title, *map(_line, system.judgements), r"\addlinespace"]


def _line(one: Judgement) -> str:
    row = one.row
    verdict = one.verdict.value + (" (turned)" if row.turned else "")
    told = (verdict, row.id, row.claim, row.source, telling.effect(row))
    return " & ".join(map(escaped, told)) + r" \\"


def escaped(text: str) -> str:
    """Text that LaTeX prints as it is."""
    return "".join(ESCAPES.get(character, character) for character in " ".join(text.split()))
