"""The report as LaTeX: a table over several pages. Its second line names the packages it needs."""

from __future__ import annotations

import unicodedata
from itertools import groupby

from grokspec.errors import visible
from grokspec.report import wording
from grokspec.report.contents import Report, ReportedClaim, ReportedPack, System

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
"""Characters that LaTeX would read as a command."""

SIGNS = {
    "§": r"\S{}",
    "–": "--",
    "…": r"\ldots{}",
    "·": r"$\cdot$",
    "×": r"$\times$",
    "−": "$-$",
    "±": r"$\pm$",
    "∞": r"$\infty$",
    "→": r"$\to$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "≠": r"$\neq$",
    "≈": r"$\approx$",
    "≡": r"$\equiv$",
    "∝": r"$\propto$",
    "∈": r"$\in$",
    "∇": r"$\nabla$",
    "√": r"$\surd$",
    "⟨": r"$\langle$",
    "⟩": r"$\rangle$",
    "½": r"$\frac{1}{2}$",
    "ᵀ": r"$^{\top}$",
    "\N{COMBINING MACRON}": r"$^{-}$",
}
"""Characters that exist in LaTeX's mathematics only."""

CAPITALS = ("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega")
"""Greek capitals with a LaTeX name; the others look like Latin letters."""

COLUMNS = "ll" + "".join(
    rf">{{\raggedright\arraybackslash}}p{{{share}\linewidth}}" for share in (0.37, 0.13, 0.2)
)
"""Verdict and id have their natural width; claim, source and measured value a share of a line."""

HEAD = rf"""\begin{{longtable}}{{@{{}}{COLUMNS}@{{}}}}
\toprule
Verdict & Id & Claim & Source & Measured \\
\midrule
\endhead
\bottomrule
\endfoot"""


def latex(report: Report) -> str:
    """A longtable, for ``\\input``."""
    made = f"{report.title}: grokspec {report.version}, profile {report.profile}"
    opening = [
        f"% {escaped(made)}",
        r"% needs \usepackage[T1]{fontenc} and \usepackage{array,booktabs,longtable}",
        HEAD,
    ]
    lines = [line for pack in report.packs for line in _pack(pack)]
    return "\n".join([*opening, *lines, r"\end{longtable}", ""])


def _pack(one: ReportedPack) -> list[str]:
    title = rf"\multicolumn{{5}}{{@{{}}l}}{{\textbf{{{escaped(one.name)}}}}} \\*"
    lines = [line for system in one.systems for line in _part(system)]
    return [title, *lines] if one.pack else lines


def _part(system: System) -> list[str]:
    title = rf"\multicolumn{{5}}{{@{{}}l}}{{\emph{{{escaped(system.name)}}}}} \\*"
    return [title, *(line for one in system.claims for line in _lines(one)), r"\addlinespace"]


def _lines(one: ReportedClaim) -> list[str]:
    """The line of a claim, and one for each other profile."""
    record = one.record
    verdict = one.verdict.value + (" (unexpected)" if record.unexpected else "")
    cells = (verdict, record.id, record.sentence, record.source, wording.effect(record))
    rows = [cells]
    for other in record.elsewhere:
        changed = "judged before it changed" if other.changed else ""
        rows.append(
            (other.verdict.value, "", f"at {other.profile}", changed, wording.effect(other))
        )
    return [" & ".join(map(escaped, row)) + r" \\" for row in rows]


def escaped(text: str) -> str:
    """Escape text for LaTeX; Greek letters and signs become mathematics."""
    parts = []
    for script, characters in groupby(visible(" ".join(text.split())), key=_script):
        if script:
            digits = unicodedata.normalize("NFKC", "".join(characters)).replace("−", "-")
            parts.append(f"${script}{{{digits}}}$")
        else:
            parts += map(_sign, characters)
    return "".join(parts)


def _sign(character: str) -> str:
    known = ESCAPES.get(character) or SIGNS.get(character)
    return known or _greek(character) or character


def _script(character: str) -> str:
    """``^`` if a character is a raised digit or sign, ``_`` if it is a lowered one."""
    kind = unicodedata.decomposition(character).split(" ")[0]
    return {"<super>": "^", "<sub>": "_"}.get(kind, "") if character not in SIGNS else ""


def _greek(character: str) -> str | None:
    """A Greek letter as mathematics, or the Latin letter that looks the same."""
    words = unicodedata.name(character, "").replace("LAMDA", "LAMBDA").split()
    if len(words) != 4 or words[0] != "GREEK" or words[2] != "LETTER":
        return None
    name = words[3].lower() if words[1] == "SMALL" else words[3].capitalize()
    if name == "omicron" or (name[0].isupper() and name not in CAPITALS):
        return name[0]
    return rf"$\{name}$"
