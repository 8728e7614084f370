"""The same runs in every format that is read, and the table with which a spec reads them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from array_data import write_arrays

Row = dict[str, Any]

LOSSES = {"train_loss": "loss/train", "test_loss": "loss/test"}
STEP, SEED = {"step": "step"}, {"seed": "seed"}
AXES = {"axes": ["alpha", "arm"]}


def runs(seeds: Sequence[int] = (0, 1, 4)) -> list[Row]:
    """Rows of runs at three points, in order, with numbers that a float32 keeps."""
    source = np.random.default_rng(0)
    return [
        {"alpha": alpha, "arm": arm, "seed": seed, "step": step}
        | {name: float(source.integers(1, 1000)) / 64 for name in LOSSES.values()}
        for alpha, arm in ((0.25, "clamp"), (0.25, "none"), (2.0, "clamp"))
        for seed in seeds
        for step in (0, 3, 10, 32)
    ]


def by_run(rows: Sequence[Row]) -> dict[tuple[Any, ...], list[Row]]:
    """The rows of each run."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        found.setdefault((row["alpha"], row["arm"], row["seed"]), []).append(row)
    return found


def by_point(rows: Sequence[Row]) -> dict[tuple[Any, ...], list[list[Row]]]:
    """The runs at each point."""
    found: dict[tuple[Any, ...], list[list[Row]]] = {}
    for (alpha, arm, _), own in by_run(rows).items():
        found.setdefault((alpha, arm), []).append(own)
    return found


def _long_csv(folder: Path, rows: Sequence[Row]) -> None:
    pd.DataFrame(rows).to_csv(folder / "runs.csv", index=False)


def _csv_by_run(folder: Path, rows: Sequence[Row]) -> None:
    for (alpha, arm, seed), own in by_run(rows).items():
        path = folder / arm / f"a{alpha:.2f}_s{seed}.csv"
        path.parent.mkdir(exist_ok=True)
        pd.DataFrame(own).drop(columns=["alpha", "arm", "seed"]).to_csv(path, index=False)


def _wide_csv(folder: Path, rows: Sequence[Row]) -> None:
    columns = {
        f"{arm} a={alpha} s={seed} - {name}": [row[name] for row in own]
        for (alpha, arm, seed), own in by_run(rows).items()
        for name in LOSSES.values()
    }
    summaries = {f"{name}{end}": v for name, v in columns.items() for end in ("__MIN", "__MAX")}
    steps = {"step": [row["step"] for row in next(iter(by_run(rows).values()))]}
    pd.DataFrame(steps | columns | summaries).to_csv(folder / "runs.csv", index=False)


def _jsonl(folder: Path, rows: Sequence[Row]) -> None:
    (folder / "runs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def _jsonl_of_lists(folder: Path, rows: Sequence[Row]) -> None:
    _jsonl(folder, [_with_lists(own) for own in by_run(rows).values()])


def _with_lists(rows: Sequence[Row]) -> Row:
    """A run in one row: what differs between its steps in lists."""
    lists = {name: [row[name] for row in rows] for name in ("step", *LOSSES.values())}
    return rows[0] | lists


def _parquet(folder: Path, rows: Sequence[Row]) -> None:
    pd.DataFrame(rows).to_parquet(folder / "runs.parquet")


def _parquet_of_lists(folder: Path, rows: Sequence[Row]) -> None:
    _parquet(folder, [_with_lists(own) for own in by_run(rows).values()])


def _arrays(ending: str) -> Callable[[Path, Sequence[Row]], None]:
    def write(folder: Path, rows: Sequence[Row]) -> None:
        for (alpha, arm), own in by_point(rows).items():
            arrays = {n: np.float32([[r[n] for r in run] for run in own]) for n in LOSSES.values()}
            write_arrays(
                folder / f"{arm}_a{alpha}.{ending}",
                steps=[row["step"] for row in own[0]],
                seeds=[run[0]["seed"] for run in own],
                **arrays,
            )

    return write


def _dataset(folder: Path, rows: Sequence[Row]) -> Any:
    """The runs on one axis, as not all points of a grid are there."""
    import xarray

    found = list(by_run(rows).values())
    coordinates = {name: ("run", [run[0][name] for run in found]) for name in ("alpha", "seed")}
    arms = {"arm": ("run", np.array([run[0]["arm"] for run in found], dtype="U"))}
    losses = {
        quantity: (("run", "time"), np.float32([[row[name] for row in run] for run in found]))
        for quantity, name in LOSSES.items()
    }
    steps = {"step": ("time", [row["step"] for row in found[0]])}
    return xarray.Dataset(losses | arms, coordinates | steps)


def _netcdf(engine: str, kind: str) -> Callable[[Path, Sequence[Row]], None]:
    def write(folder: Path, rows: Sequence[Row]) -> None:
        _dataset(folder, rows).to_netcdf(folder / "runs.nc", engine=engine, format=kind)

    return write


def _zarr(version: int) -> Callable[[Path, Sequence[Row]], None]:
    def write(folder: Path, rows: Sequence[Row]) -> None:
        data = _dataset(folder, rows)
        data["arm"] = data["arm"].astype(object)
        data.to_zarr(folder / "runs.zarr", zarr_format=version, consolidated=version == 2)

    return write


def _events(folder: Path, rows: Sequence[Row]) -> None:
    from torch.utils.tensorboard import SummaryWriter

    for (alpha, arm, seed), own in by_run(rows).items():
        with SummaryWriter(str(folder / arm / f"a{alpha}_s{seed}")) as writer:
            for row in own:
                for name in LOSSES.values():
                    writer.add_scalar(name, row[name], row["step"])


@dataclass(frozen=True)
class Form:
    """A way to record runs: how they are written, and the fields of the table that reads them.

    ``shuffles`` says whether the order of its rows or files may be any.
    """

    name: str
    write: Callable[[Path, Sequence[Row]], None]
    fields: dict[str, Any]
    needs: str = "pandas"
    shuffles: bool = False
    at_least: str | None = None

    def __str__(self) -> str:
        return self.name


TABLE = STEP | SEED | AXES | {"quantities": LOSSES}
NAMED = {"seed": None, "axes": None, "quantities": LOSSES} | STEP
ARRAYS = {"step": "steps", "seed": "seeds", "axes": None, "quantities": LOSSES}
DATASET = TABLE | {"quantities": {name: name for name in LOSSES}}
WIDE = {name: f"{{arm}} a={{alpha}} s={{seed}} - {source}" for name, source in LOSSES.items()}

FORMS = (
    Form("long CSV", _long_csv, {"files": "runs.csv"} | TABLE, shuffles=True),
    Form(
        "a CSV a run", _csv_by_run, NAMED | {"files": "{arm}/a{alpha}_s{seed}.csv"}, "pandas", True
    ),
    Form("wide CSV", _wide_csv, NAMED | {"files": "*.csv", "quantities": WIDE}),
    Form("JSONL", _jsonl, {"files": "runs.jsonl"} | TABLE, shuffles=True),
    Form("JSONL of lists", _jsonl_of_lists, {"files": "runs.jsonl"} | TABLE),
    Form("Parquet", _parquet, {"files": "runs.parquet"} | TABLE, "pyarrow", True),
    Form("Parquet of lists", _parquet_of_lists, {"files": "runs.parquet"} | TABLE, "pyarrow"),
    Form("npz", _arrays("npz"), ARRAYS | {"files": "{arm}_a{alpha}.npz"}),
    Form("safetensors", _arrays("safetensors"), ARRAYS | {"files": "{arm}_a{alpha}.safetensors"}),
    Form("netCDF 3", _netcdf("scipy", "NETCDF3_64BIT"), {"files": "*.nc"} | DATASET),
    Form("netCDF 4", _netcdf("h5netcdf", "NETCDF4"), {"files": "*.nc"} | DATASET, "h5netcdf"),
    Form("Zarr 2", _zarr(2), {"files": "*.zarr"} | DATASET, "zarr"),
    Form("Zarr 3", _zarr(3), {"files": "*.zarr"} | DATASET, "zarr", at_least="3"),
    Form("events", _events, NAMED | {"files": "{arm}/a{alpha}_s{seed}"}, "tensorboard"),
)
