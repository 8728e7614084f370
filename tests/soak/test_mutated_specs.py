"""A part of the soak of mutated specs; see README.md."""

import pytest
from mutated_specs import mutated_specs, outcome


@pytest.mark.parametrize("seed", range(8))
def test_a_mutated_spec_is_read_or_refused_with_a_place(tmp_path, seed):
    for number, path in enumerate(mutated_specs(250, seed, tmp_path)):
        try:
            outcome(path)
        except Exception as error:
            raise AssertionError(f"spec {number} of seed {seed}:\n{path.read_text()}") from error
