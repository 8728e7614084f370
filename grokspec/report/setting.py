"""In what setting a claim was judged, in a line: task, model, optimizer, loss and weight decay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grokspec.spec.reader import SpecFile


def setting_of(spec: SpecFile) -> str:
    """The parts of a spec, and what it sweeps: "polynomial, committee, adamw, …; 4 alpha".

    A spec of results that were recorded elsewhere, or of a function, has no parts to name.
    """
    content = spec.content
    if spec.recording is not None:
        return f"recorded elsewhere; {_swept(spec)}"
    parts = [getattr(getattr(content, part, None), "kind", "") for part in ("task", "model")]
    optimizer: Any = getattr(content, "optimizer", None)
    loss = getattr(getattr(getattr(content, "training", None), "loss", None), "kind", "")
    decay = "" if "optimizer.weight_decay" in spec.axes_in_words else _decay(optimizer)
    named = [*parts, getattr(optimizer, "kind", ""), loss, decay]
    words = ", ".join(part.replace("_", " ") for part in named if part)
    return "; ".join(filter(None, [words, _swept(spec)]))


def _decay(optimizer: Any) -> str:
    decay = getattr(optimizer, "weight_decay", None)
    if decay is None:
        return ""
    return f"weight decay {decay:g}" if decay else "no weight decay"


def _swept(spec: SpecFile) -> str:
    """The axes other than the seeds, with their values."""
    swept = {
        name.rsplit(".", 1)[-1]: values
        for name, values in spec.axes_in_words.items()
        if name != "seed"
    }
    return "; ".join(f"{name.replace('_', ' ')} {values}" for name, values in swept.items())
