import pytest
from judged_claims import effect, judged, pack

from grokspec.regression.pairing import pairs_of_claims, pairs_of_effects


def paired(before, after):
    return [(a.test, b.test) for a, b in pairs_of_claims(before, after)]


def test_claims_pair_by_the_node_ids_of_their_tests():
    before = [judged("claims/test_a.py::test_x"), judged("claims/test_b.py::test_x")]
    assert paired(before, list(reversed(before))) == [(r.test, r.test) for r in before]


@pytest.mark.parametrize("elsewhere", ["test_a.py::test_x", "project/claims/test_a.py::test_x"])
def test_the_folder_that_the_tests_were_run_from_does_not_matter(elsewhere):
    before = [
        judged("claims/test_a.py::test_x", id="P01"),
        judged("claims/test_a.py::test_y", id="P02"),
    ]
    after = [judged(elsewhere, id="P07")]
    assert paired(before, after) == [("claims/test_a.py::test_x", elsewhere)]


def test_a_claim_in_a_renamed_file_is_known_by_its_id_and_sentence():
    before = [judged("claims/test_old.py::test_x")]
    assert paired(before, [judged("claims/test_new.py::test_other_name")]) == [
        ("claims/test_old.py::test_x", "claims/test_new.py::test_other_name")
    ]


def test_parametrized_claims_in_a_renamed_file_pair_each_with_its_like():
    before, after = (
        [judged(f"claims/{file}.py::test_x[{n}]") for n in (1, 2)] for file in ("test_a", "test_b")
    )
    assert paired(before, after) == [
        (f"claims/test_a.py::test_x[{n}]", f"claims/test_b.py::test_x[{n}]") for n in (1, 2)
    ]


def test_what_could_be_either_of_two_is_not_guessed():
    before = [judged("claims/test_a.py::test_x")]
    after = [judged("claims/test_b.py::test_y"), judged("claims/test_c.py::test_z")]
    assert paired(before, after) == []


def test_claims_of_two_packs_with_one_id_and_sentence_pair_each_with_its_like():
    before, after = (
        [judged(f"claims/{file}_{key}.py::{test}", pack=pack(key)) for key in ("one", "two")]
        for file, test in (("test_a", "test_x"), ("test_b", "test_y"))
    )
    assert paired(before, after) == [
        (f"claims/test_a_{key}.py::test_x", f"claims/test_b_{key}.py::test_y")
        for key in ("one", "two")
    ]


def test_a_claim_that_is_of_a_pack_for_the_first_time_is_known():
    before = judged("claims/test_a.py::test_x")
    after = judged("claims/one/test_b.py::test_x", pack=pack("one"))
    assert paired([before], [after]) == [(before.test, after.test)]


def test_effects_pair_by_quantity_place_and_unit():
    one, other = effect(1, 0, 2, "alpha = 1"), effect(2, 1, 3, "alpha = 8")
    before, after = judged(effects=[one, other]), judged(effects=[other, one])
    assert pairs_of_effects(before, after) == [(one, one), (other, other)]


def test_an_effect_in_another_unit_is_another_effect():
    before, after = (
        judged(effects=[effect(1, 0, 2, unit="steps")]),
        judged(effects=[effect(1, 0, 2)]),
    )
    assert pairs_of_effects(before, after) == []


def test_effects_of_one_name_pair_in_order_if_there_are_equally_many():
    one, other = effect(1, 0, 2), effect(5, 4, 6)
    both = judged(effects=[one, other])
    assert pairs_of_effects(both, both) == [(one, one), (other, other)]
    assert pairs_of_effects(both, judged(effects=[other])) == []


def test_a_claim_without_effects_pairs_none():
    assert pairs_of_effects(judged(effects=[effect(9, 8, 10)]), judged()) == []
