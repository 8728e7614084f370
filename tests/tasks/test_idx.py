import numpy as np
import pytest
from public_files import idx

from grokspec.tasks.mnist import read_idx

WHOLE = idx(np.arange(24).reshape(2, 3, 4))


def test_an_array_is_read_in_its_shape():
    array = read_idx(WHOLE, 3)
    assert array.dtype == np.uint8
    assert array.tolist() == np.arange(24).reshape(2, 3, 4).tolist()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (idx(np.arange(5)), "begins with 0x00000801, not with 0x00000803"),
        (b"\x1f\x8b" + WHOLE[2:], "begins with 0x1f8b0803, not with 0x00000803"),
        (b"", "begins with 0x, not with 0x00000803"),
        (WHOLE[:10], "ends within its header, after 10 bytes"),
        (WHOLE[:-1], "holds 23 numbers, not the 2 × 3 × 4 that its header says"),
        (WHOLE + b"\0", "holds 25 numbers, not the 2 × 3 × 4 that its header says"),
    ],
)
def test_other_content_is_refused_with_the_reason(content, why):
    with pytest.raises(ValueError, match=why):
        read_idx(content, 3)
