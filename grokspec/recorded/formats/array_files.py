"""Arrays in npz and safetensors files, whose axes have no names."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from grokspec.errors import suggestion
from grokspec.files.arrays import Form, forms_in, printable, stored
from grokspec.files.inputs import InputFile
from grokspec.formatting import amount
from grokspec.recorded.bounds import MOST_BYTES
from grokspec.recorded.dimensions import with_named_axes
from grokspec.recorded.formats import Contents, refusal_of
from grokspec.recorded.labeled_arrays import arrays_named, drafts_in

if TYPE_CHECKING:
    from grokspec.recorded.results_table import RecordedResults


def read(file: InputFile, results: RecordedResults) -> Contents:
    """The runs in the arrays of a file."""
    refusal = refusal_of(file)
    forms = forms_in(file)
    names = arrays_named(results, refusal)
    for name in names:
        if name not in forms:
            there = suggestion(name, map(printable, forms))
            raise refusal(f'has no array "{name}"; {there}')
    if (size := sum(_bytes(forms[name]) for name in names)) > MOST_BYTES:
        raise refusal(f"has {amount(size, 'B')} of numbers, more than {amount(MOST_BYTES, 'B')}")
    arrays = with_named_axes(stored(file, names), results, refusal)
    return Contents(drafts_in(arrays, results, refusal), names)


def _bytes(form: Form) -> int:
    """The bytes of an array in memory."""
    import numpy as np

    if form.numbers != "none":
        return form.size
    return math.prod(form.shape) * (np.dtype(form.element).itemsize if form.member else 0)
