import pytest

from grokspec.statistics.evidence import Intervals
from grokspec.statistics.finding import Finding, NotSupportedError, all_of, recorded_findings
from grokspec.statistics.verdict import Verdict


def finding(verdict=Verdict.SUPPORTED, statement="it does", p_value=0.01, **changes):
    fields = {"measured": 1.0, "interval": (0.5, 1.5), "n": 8, **changes}
    return Finding(verdict, statement, p_value=p_value, **fields)


@pytest.mark.parametrize("verdict", [Verdict.REFUTED, Verdict.INCONCLUSIVE])
def test_only_a_supported_finding_is_true(verdict):
    assert bool(finding())
    assert not bool(finding(verdict))


def test_a_finding_reads_as_its_verdict_and_statement():
    assert str(finding(Verdict.REFUTED)) == "REFUTED: it does"
    assert repr(finding()) == "<SUPPORTED: it does>"


def test_asking_for_the_truth_records_the_finding():
    with recorded_findings() as found:
        assert finding(statement="one")
        assert finding(statement="two")
    assert [f.statement for f in found] == ["one", "two"]


def test_nothing_is_recorded_outside_of_the_block():
    with recorded_findings() as found:
        pass
    assert finding()
    assert found == []


def test_within_the_block_a_finding_that_is_not_supported_ends_the_claim():
    refuted = finding(Verdict.REFUTED, "it does not")
    with recorded_findings() as found, pytest.raises(NotSupportedError, match="it does not") as end:
        assert not refuted, "the negation is no way around it"
    assert end.value.finding is refuted
    assert found == [refuted]


@pytest.mark.parametrize(
    ("one", "other", "joint"),
    [
        (Verdict.SUPPORTED, Verdict.SUPPORTED, Verdict.SUPPORTED),
        (Verdict.SUPPORTED, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        (Verdict.SUPPORTED, Verdict.REFUTED, Verdict.REFUTED),
        (Verdict.INCONCLUSIVE, Verdict.REFUTED, Verdict.REFUTED),
    ],
)
def test_findings_join_into_the_worst_verdict(one, other, joint):
    assert (finding(one) & finding(other)).verdict is joint
    assert (finding(other) & finding(one)).verdict is joint


def test_joined_findings_have_the_numbers_of_the_weakest_and_the_largest_p():
    joint = all_of(
        finding(statement="a", measured=1.0, p_value=0.001),
        finding(statement="b", measured=2.0, p_value=0.02),
        finding(statement="c", measured=3.0, p_value=None),
    )
    assert (joint.measured, joint.p_value) == (2.0, 0.02)
    assert joint.statement == "a; b; c"


def test_joined_findings_keep_the_details_of_each():
    joint = finding(statement="a", details=("a1", "a2")) & finding(statement="b")
    assert joint.details == ("a1", "a2", "SUPPORTED: b")


def test_a_single_finding_joins_to_itself():
    alone = finding()
    assert all_of(alone) is alone


def test_joining_nothing_is_an_error():
    with pytest.raises(ValueError, match="at least one finding"):
        all_of()


def test_joined_findings_keep_the_evidence_of_each():
    parts = [Intervals(name, "", "above 0", (0, 1), "seed", 0.95, ()) for name in "ab"]
    one, other = (finding(evidence=(part,)) for part in parts)
    assert [part.quantity for part in (one & other).evidence] == ["a", "b"]


def test_evidence_makes_no_finding_another_and_is_not_printed():
    part = Intervals("delay", "", "above 0", (0, 1), "seed", 0.95, ())
    assert finding(evidence=(part,)) == finding()
    assert "delay" not in repr(finding(evidence=(part,)))
