"""Records of one trajectory add up; weights that are kept give new ones; training goes on."""

import os
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from experiments import experiment

import grokspec
from grokspec.engines.autograd.training import StackTraining
from grokspec.engines.base import NoEngineError
from grokspec.results import MissingResults
from grokspec.runner.estimate import estimate_training
from grokspec.store import DamagedShard, Store
from grokspec.store.beginnings import beginnings
from grokspec.store.composing import compose
from grokspec.store.index import Index

SPEC = """\
[task]
kind = "polynomial"
inputs = 6
train = 20
test = 10
{task}
[model]
kind = "perceptron"
hidden = [5]
{model}
[optimizer]
{optimizer}
[training]
steps = {steps}
{training}
[record]
steps = {records}
probes = {probes}
{weights}
[sweep]
seed = 2
"""
DEFAULTS = {
    "task": "",
    "model": "",
    "optimizer": 'kind = "adam"\nlearning_rate = 0.05',
    "steps": 40,
    "training": "",
    "records": "{ every = 10 }",
    "probes": '["loss", "weight_norm", "baseline"]',
    "weights": "",
}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def load(tmp_path):
    def load(**fields):
        file = tmp_path / "x.toml"
        file.write_text(SPEC.format(**{**DEFAULTS, **fields}))
        return grokspec.load(file)

    return load


@pytest.fixture
def train(load, store):
    """Trains in this process; returns the results, and how many steps were taken."""
    taken = []

    def train(where=store, **fields) -> tuple[xr.Dataset, int]:
        spec, before = load(**fields), len(taken)
        grokspec.run(spec, store=where, workers=0)
        return grokspec.results(spec, store=where).to_xarray(), len(taken) - before

    step = StackTraining.step

    def counted(self):
        taken.append(1)
        step(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StackTraining, "step", counted)
        yield train


@pytest.fixture
def afresh(train, tmp_path):
    """The results of a training in an empty store."""

    def afresh(**fields) -> xr.Dataset:
        found, taken = train(Store(tmp_path / f"store_{len(list(tmp_path.iterdir()))}"), **fields)
        assert taken
        return found

    return afresh


CHANGES = {
    "dropped": {"probes": '["loss"]'},
    "moved": {"probes": '["baseline", "weight_norm", "loss"]'},
    "fewer records": {"records": "[20]"},
    "a shorter training": {"steps": 20},
    "both": {"steps": 30, "records": "[10, 20]", "probes": '["weight_norm"]'},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_was_recorded_is_not_trained_again(train, afresh, change):
    assert train()[1] == 40
    found, taken = train(**change)
    assert taken == 0
    xr.testing.assert_identical(found, afresh(**change))


@pytest.mark.parametrize("lacking", ["baseline", "train_loss"])
def test_what_an_engine_did_not_record_makes_up_nothing(train, load, store, tmp_path, lacking):
    train()
    results = store.read([run.key for run in load().runs]).values()
    assert all(lacking in r.history.quantities for r in results)
    poor = Store(tmp_path / "poor")
    for result in results:
        recorded = {n: q for n, q in result.history.quantities.items() if n != lacking}
        poor.write([replace(result, history=replace(result.history, quantities=recorded))])
    assert compose(load(steps=20).runs, store)
    assert compose(load(steps=20).runs, poor) == {}


def test_results_can_be_read_before_they_are_written(train, load, store):
    train()
    spec = load(probes='["loss"]')
    before = store.files()
    assert grokspec.results(spec, store=store).quantities == ("test_loss", "train_loss")
    assert store.files() == before
    assert not grokspec.runner.missing(spec.runs, store)


def test_a_plan_says_what_is_recorded_already(train, load, store):
    train()
    plan = estimate_training(load(probes='["loss"]'), store)
    assert [run.state for run in plan.runs] == ["recorded"] * 2
    assert not plan.stacks


def test_records_of_several_trainings_add_up(train, afresh):
    train(probes='["loss", "baseline"]', records="[20]")
    train(probes='["weight_norm"]', records="{ every = 20 }")
    both = {"probes": '["weight_norm", "loss"]', "records": "[20]"}
    found, taken = train(**both)
    assert taken == 0
    xr.testing.assert_identical(found, afresh(**both))


NEW = {
    "a probe": {"probes": '["loss", "movement"]'},
    "steps": {"records": "{ every = 5 }"},
    "a longer training": {"steps": 50},
    "another rate": {"optimizer": 'kind = "adam"\nlearning_rate = 0.04'},
    "another seed of the data": {"task": "label_scale = 2.0"},
}


@pytest.mark.parametrize("change", NEW.values(), ids=NEW)
def test_what_was_not_recorded_is_trained(train, change):
    train()
    assert train(**change)[1] == change.get("steps", 40)


def test_records_that_differ_beyond_rounding_are_not_put_together(train, load, store):
    """They are of two trainings that went different ways."""
    train(probes='["loss", "weight_norm"]')
    movement = load(probes='["loss", "movement"]')
    train(probes='["loss", "movement"]')
    both = load(probes='["weight_norm", "movement"]')
    assert not grokspec.runner.missing(both.runs, store)
    for result in store.read([run.key for run in movement.runs]).values():
        quantities = result.history.quantities
        other = quantities | {"train_loss": 1.01 * quantities["train_loss"]}
        history = replace(result.history, quantities=other)
        store.write([replace(result, history=history, sequence=result.sequence + 1)])
    assert grokspec.runner.missing(both.runs, store) == both.runs


def test_other_code_of_one_probe_makes_its_records_stale_and_no_others(train, load, store):
    train()
    changed = []
    for result in store.read([run.key for run in load().runs]).values():
        sources = result.sources | {"grokspec.probes.weight_norm": "of before"}
        changed.append(replace(result, sources=sources, fingerprint="of before"))
    for path in store.files():
        path.unlink()
    store.write(changed)
    assert not grokspec.runner.missing(load(probes='["loss"]').runs, store)
    assert len(grokspec.runner.missing(load(probes='["weight_norm"]').runs, store)) == 2


def test_a_run_that_diverged_has_diverged_in_every_part_of_its_records(train, afresh):
    wild = {"optimizer": 'kind = "gradient_descent"\nlearning_rate = 1e6'}
    whole, _ = train(**wild)
    assert (whole.status == "diverged").all()
    part = wild | {"probes": '["loss"]', "records": "[20]"}
    found, taken = train(**part)
    assert taken == 0
    xr.testing.assert_identical(found, afresh(**part))


# Weights


def test_kept_weights_are_those_of_the_steps(train, load, store):
    train(weights='weights = "recorded"')
    results = grokspec.results(load(weights='weights = "recorded"'), store=store)
    weights = results.weights()
    np.testing.assert_array_equal(weights.step, [0, 10, 20, 30, 40])
    squares = sum(
        (weights[name] ** 2).sum(set(weights[name].dims) - {"seed", "kept"})
        for name in weights.data_vars
    )
    count = 6 * 5 + 5 + 5 + 1
    norms = results.to_xarray()["weight_norm"].rename(record="kept")
    np.testing.assert_allclose((squares / count) ** 0.5, norms)
    assert dict(results.weights(seed=1).sizes)["seed"] == 1


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ({"sed": 1}, 'weights: sed is no axis; did you mean "seed"?'),
        ({"seed": 7}, "weights: no run has seed = 7; there are 0, 1"),
    ],
)
def test_weights_of_no_run_are_refused(train, load, store, at, message):
    train(weights='weights = "last"')
    with pytest.raises(grokspec.GrokspecError, match="^" + message.replace("?", r"\?")):
        grokspec.results(load(weights='weights = "last"'), store=store).weights(**at)


def test_weights_that_were_not_kept_are_missed_with_the_remedy(train, load, store):
    train()
    with pytest.raises(grokspec.GrokspecError, match=r'say record\.weights = "last" in the spec'):
        grokspec.results(load(), store=store).weights()


def test_new_probes_are_taken_from_kept_weights(train, afresh):
    train(weights='weights = "recorded"', probes='["loss"]')
    more = {"probes": '["loss", "weight_norm", "movement", "alignment"]'}
    found, taken = train(**more)
    assert taken == 0
    xr.testing.assert_allclose(found, afresh(**more), rtol=1e-12)


def test_weights_that_are_to_be_kept_are_missing_without_a_training(train):
    train()
    assert train(weights='weights = "last"')[1] == 40
    assert train(weights='weights = "last"', probes='["loss"]')[1] == 0


OPTIMIZERS = {
    "gradient_descent": "learning_rate = 0.05",
    "momentum": "learning_rate = 0.05",
    "adam": "learning_rate = 0.05\nweight_decay = 0.1",
    "adamw": "learning_rate = 0.05\nweight_decay = 0.1",
}
BATCHES = {
    "all": "",
    "epochs": "batch = 7",
    "replacement": 'batch = 7\nbatches = "replacement"',
    "fresh": "fresh = true",
}


@pytest.mark.parametrize(
    ("kind", "training"),
    [*((kind, "") for kind in OPTIMIZERS), *(("adam", batches) for batches in BATCHES.values())],
)
def test_a_longer_training_goes_on_from_the_last_step(train, afresh, kind, training):
    given = {"optimizer": f'kind = "{kind}"\n{OPTIMIZERS[kind]}', "training": training}
    train(**given, weights='weights = "last"')
    found, taken = train(**given, steps=60)
    assert taken == 20
    xr.testing.assert_identical(found, afresh(**given, steps=60))


def test_a_training_goes_on_twice(train, afresh):
    for steps in (20, 40, 60):
        found, taken = train(steps=steps, weights='weights = "last"')
        assert taken == 20
    xr.testing.assert_identical(found, afresh(steps=60))


CANNOT = {
    "another optimizer's state": {
        "optimizer": 'kind = "torch"\nclass = "torch.optim:Adam"\nlearning_rate = 0.05'
    },
    "records at other steps": {"records": "{ log = 3 }"},
}


@pytest.mark.parametrize("given", CANNOT.values(), ids=CANNOT)
def test_what_cannot_go_on_is_trained_from_the_first_step(train, given):
    train(**given, weights='weights = "last"')
    assert train(**given, steps=60)[1] == 60


def test_weights_that_are_lost_are_trained_again(train, afresh, store):
    train(weights='weights = "last"')
    for path in store.weights.iterdir():
        path.unlink()
    found, taken = train(steps=60)
    assert taken == 60
    xr.testing.assert_identical(found, afresh(steps=60))


def test_weights_that_are_damaged_are_named_and_trained_again(train, store):
    train(weights='weights = "last"')
    for path in store.weights.iterdir():
        path.write_bytes(path.read_bytes()[:-8])
    with pytest.warns(DamagedShard, match="the weights in it count as not kept"):
        assert train(steps=60)[1] == 60


def test_no_weights_can_be_kept_of_moments():
    with pytest.raises(NoEngineError, match=r"the weights that record\.weights requires"):
        experiment(engine="moments", record__weights="last")


def test_nothing_is_found_where_nothing_was_recorded(load, store):
    with pytest.raises(MissingResults):
        grokspec.results(load(), store=store)


ENDS = {"training": "until = { train_loss = 0.05, every = 5 }", "steps": 400}


def test_records_of_runs_that_ended_add_up_to_the_step_of_their_end(train, afresh):
    whole, taken = train(**ENDS)
    assert taken < 400
    assert (whole.status == "ended").all()
    part = ENDS | {"probes": '["weight_norm"]', "records": "{ every = 20 }"}
    found, taken = train(**part)
    assert taken == 0
    xr.testing.assert_identical(found, afresh(**part))


def test_weights_are_kept_where_a_run_ends(train, load, store):
    kept = ENDS | {"weights": 'weights = "last"'}
    found, _ = train(**kept)
    weights = grokspec.results(load(**kept), store=store).weights()
    np.testing.assert_array_equal(weights.step.squeeze(), found.ended_at)


def test_a_run_that_may_end_early_is_trained_from_its_first_step(train):
    train(**ENDS, weights='weights = "last"')
    taken = train(**ENDS | {"steps": 420}, weights='weights = "last"')[1]
    assert taken == train(**ENDS | {"steps": 430})[1]


CLAMPED = {"task": '[interventions.clamp]\nkind = "clamp_norm"\nnorm = 2.0\nevery = 1'}


def test_what_an_intervention_changed_is_trained_from_its_first_step(train):
    train(**CLAMPED, weights='weights = "recorded"')
    assert train(**CLAMPED, probes='["loss"]')[1] == 0
    assert train(**CLAMPED, probes='["loss", "movement"]')[1] == 40
    assert train(**CLAMPED, steps=50)[1] == 50


def test_no_shard_is_read_for_runs_that_lack_a_probe(load, train, store, monkeypatch):
    train(probes='["loss"]')
    read = []
    monkeypatch.setattr(Index, "content", lambda self, shard: read.append(shard))
    assert compose(load(probes='["loss", "baseline"]').runs, store) == {}
    assert beginnings(load(steps=80).runs, store) == {}  # no weights were kept
    assert not read


def test_the_store_is_listed_once_for_many_runs(load, train, store, monkeypatch):
    train()
    listed, genuine = [], os.listdir
    monkeypatch.setattr(os, "listdir", lambda folder: listed.append(folder) or genuine(folder))
    assert len(compose(load(probes='["loss"]').runs, store)) == 2
    assert listed == [store.shards]
