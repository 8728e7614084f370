"""What is recorded is each run's own, each quantity once."""

import pytest
from experiments import experiment
from pydantic import ValidationError

from grokspec.engines.base import engine_of
from grokspec.errors import GrokspecError
from grokspec.probes.loss import LossProbe
from grokspec.probes.weight_norm import WeightNorm

RECORD = {"probes": ["loss", "weight_norm"], "steps": {"log": 2}}


def test_a_quantity_that_two_probes_take_is_refused_when_the_spec_is_read():
    with pytest.raises(ValidationError) as caught:
        experiment(record={"probes": ["baseline", "loss", {"kind": "loss"}]})
    (error,) = caught.value.errors()
    assert error["ctx"]["at"] == ("record", "probes", 2)
    assert error["msg"] == (
        'takes train_loss, which probe 1 ("loss") takes too; remove one of them'
    )


def test_a_quantity_that_two_probes_take_unannounced_is_refused(monkeypatch):
    norm = WeightNorm.take
    monkeypatch.setattr(
        WeightNorm, "take", lambda *given: {"test_loss": norm(*given)["weight_norm"]}
    )
    why = 'probe "weight_norm": takes test_loss, which probe "loss" takes too; remove one of them'
    with pytest.raises(GrokspecError, match=why):
        train(experiment(record=RECORD))


@pytest.mark.parametrize("shape", ["examples first", "one number"])
def test_a_quantity_that_is_not_by_run_is_refused(monkeypatch, shape):
    take = LossProbe.take

    def by_example(probe, snapshot):
        loss = take(probe, snapshot)["train_loss"]
        return {"train_loss": loss.expand(20, -1) if shape == "examples first" else loss.sum()}

    monkeypatch.setattr(LossProbe, "take", by_example)
    with pytest.raises(GrokspecError, match="its first axis must be the runs of the stack, 2 here"):
        train(experiment(record=RECORD), experiment(record=RECORD, model__alpha=2.0))


def train(*stack):
    return engine_of(stack[0]).train(stack, "cpu")
