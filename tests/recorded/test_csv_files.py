"""Runs in tables of text, whatever wrote them, and what is wrong with one."""

import gzip

import numpy as np
import pytest
from recorded_files import mistake, points, recording, values

from grokspec.recorded import tables
from grokspec.recorded.formats import csv_files

LONG = """\
alpha,seed,step,loss/train
10,1,0,4
10,1,5,3
1,1,0,2
1,0,5,0.25
1,0,0,1
10,0,0,3
"""


@pytest.fixture
def write(tmp_path):
    def write_one(text: str, name: str = "runs.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return write_one


def test_a_long_table_has_a_row_for_each_run_and_step_in_any_order(tmp_path, write):
    path = write(LONG)
    read = recording(tmp_path)
    assert points(read) == [(1, 0), (1, 1), (10, 0), (10, 1)]
    assert values(read) == [[1, 0.25], [2], [3], [4, 3]]
    assert [run.history.steps.tolist() for run in read.runs] == [[0, 5], [0], [0], [0, 5]]
    assert [run.rows for run in read.runs] == [2, 1, 1, 2]
    (source,) = read.sources
    assert (source.name, source.path, source.rows) == ("runs.csv", path, 6)
    assert source.columns == ("step", "alpha", "seed", "loss/train")


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_line_endings_blank_lines_marks_and_spaces_do_not_matter(tmp_path, write, newline):
    write(LONG)
    plain = recording(tmp_path)
    write("\ufeff" + LONG.replace(",", " , ").replace("\n", newline * 2))
    assert [run.key for run in recording(tmp_path).runs] == [run.key for run in plain.runs]


def test_cells_may_be_separated_by_tabs_and_packed(tmp_path, write):
    write(LONG)
    plain = recording(tmp_path)
    (tmp_path / "runs.tsv.gz").write_bytes(gzip.compress(LONG.replace(",", "\t").encode()))
    packed = recording(tmp_path, files="*.tsv.gz")
    assert [run.key for run in packed.runs] == [run.key for run in plain.runs]


WEIGHTS_AND_BIASES = """\
"Step","alpha=1 seed=0 - loss/train","alpha=1 seed=0 - loss/train__MIN","alpha=1 seed=0 - \
loss/train__MAX","alpha=0.5 seed=3 - loss/train","alpha=0.5 seed=3 - loss/train__MIN",\
"alpha=0.5 seed=3 - loss/train__MAX"
"0","4","4","4","5","5","5"
"7","3","3","3","","",""
"9","","","","2","2","2"
"""


def test_the_table_that_weights_and_biases_exports_has_columns_for_each_run(tmp_path, write):
    write(WEIGHTS_AND_BIASES)
    own = "alpha={alpha} seed={seed} - loss/train"
    read = recording(tmp_path, step="Step", seed=None, axes=None, quantities={"train_loss": own})
    assert points(read) == [(0.5, 3), (1.0, 0)]
    assert values(read) == [[5, 2], [4, 3]]
    assert [run.history.steps.tolist() for run in read.runs] == [[0, 9], [0, 7]]


def test_summaries_are_no_runs_even_where_the_name_ends_the_column(tmp_path, write):
    write("step,loss a=1,loss a=1__MIN,loss a=1__MAX\n0,1,1,1\n")
    read = recording(tmp_path, seed=None, axes=None, quantities={"train_loss": "loss a={a}"})
    assert points(read) == [(1, 0)]


def test_rows_of_one_step_are_one_record_if_each_has_other_quantities(tmp_path, write):
    write("epoch,step,train,val\n0,49,4,\n0,49,,5\n0,50,,\n1,99,2,\n1,99,,3\n")
    quantities = {"train_loss": "train", "test_loss": "val"}
    (run,) = recording(tmp_path, seed=None, axes=None, quantities=quantities).runs
    assert run.history.steps.tolist() == [49, 99]
    assert run.history.quantities["train_loss"].tolist() == [4, 2]
    assert run.history.quantities["test_loss"].tolist() == [5, 3]


def test_without_a_step_there_is_one_row_and_number_a_run(tmp_path, write):
    write("alpha,seed,grok_step,gap\n1,0,100,0.5\n1,1,-1,\n")
    quantities = {"grok_step": {"from": "grok_step", "never": "< 0"}, "gap": "gap"}
    read = recording(tmp_path, step=None, quantities=quantities)
    assert [run.history.steps.tolist() for run in read.runs] == [[0], [0]]
    assert values(read, "grok_step") == [100, np.inf]
    assert np.array_equal(values(read, "gap"), [0.5, np.nan], equal_nan=True)


def test_a_number_may_be_there_once_a_run_beside_curves(tmp_path, write):
    write("alpha,seed,step,loss/train,wc\n1,0,0,4,7\n1,0,1,3,7\n2,0,0,5,\n")
    quantities = {"train_loss": "loss/train", "wc": {"from": "wc", "once": True}}
    read = recording(tmp_path, quantities=quantities)
    assert np.array_equal(values(read, "wc"), [7, np.nan], equal_nan=True)
    write("alpha,seed,step,loss/train,wc\n1,0,0,4,7\n1,0,1,3,8\n")
    assert "has another wc of alpha = 1, seed = 0 in line 2 and in line 3" in mistake(
        tmp_path, quantities=quantities
    )


def test_a_quantity_with_several_numbers_is_in_columns_as_grokspec_names_them(tmp_path, write):
    header = 'alpha,seed,step,"n[1,0]","n[0,0]","n[0,1]","n[1,1]",loss\n'
    write(header + "1,0,0,10,0,1,11,5\n1,0,1,11,1,2,12,4\n")
    read = recording(tmp_path, quantities={"norms": "n", "loss": "loss"})
    assert values(read, "norms") == [[[[0, 1], [10, 11]], [[1, 2], [11, 12]]]]
    assert values(read, "loss") == [[5, 4]]
    assert list(read.runs[0].history.quantities) == ["norms", "loss"]


def test_its_further_axes_may_have_names_one_each(tmp_path, write):
    write("alpha,seed,step,n[0],n[1]\n1,0,0,3,4\n")
    own = {"norms": {"from": "n", "along": ["layer"]}}
    assert values(recording(tmp_path, quantities=own), "norms") == [[[3, 4]]]
    own = {"norms": {"from": "n", "along": ["step", "layer", "part"]}}
    message = mistake(tmp_path, quantities=own)
    assert "norms has 1 dimension after the steps, but its along names layer, part" in message


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ("n[0],n[2]", "has 2 columns of norms, whose shape would be [3]; some of its elements are"),
        ('n[0],"n[0,1]"', "the columns of norms have different numbers of axes"),
        ("n[a],n[b]", 'has no column "n"'),
    ],
)
def test_all_numbers_of_such_a_quantity_must_be_there(tmp_path, write, names, reason):
    write(f"alpha,seed,step,{names}\n1,0,0,1,2\n")
    assert reason in mistake(tmp_path, quantities={"norms": "n"})


GAP = "alpha,seed,step,loss/train,loss/test\n1,0,0,4,5\n1,0,1,3,\n1,0,2,,NaN\n1,0,3,2,1\n"
BOTH = {"train_loss": "loss/train", "test_loss": "loss/test"}


def test_records_that_lack_a_number_are_a_mistake_unless_the_spec_says_what_they_mean(
    tmp_path, write
):
    path = write(GAP)
    assert mistake(tmp_path, quantities=BOTH) == (
        f"{path}: test_loss has no number in 1 of the 3 records of alpha = 1, seed = 0, first at "
        'step 1; write gaps = "skip" to leave out the records that lack some number, or gaps = '
        '"keep" to have NaN there, as in a run that diverged'
    )
    (skipped,) = recording(tmp_path, quantities=BOTH, gaps="skip").runs
    assert skipped.history.steps.tolist() == [0, 3]
    assert skipped.history.status == "finished"
    (kept,) = recording(tmp_path, quantities=BOTH, gaps="keep").runs
    assert kept.history.steps.tolist() == [0, 1, 3]
    found = kept.history.quantities["test_loss"]
    assert np.array_equal(found, [5, np.nan, 1], equal_nan=True)


def test_infinite_numbers_are_recorded_numbers(tmp_path, write):
    write("alpha,seed,step,loss/train\n1,0,0,inf\n1,0,1,-Infinity\n")
    assert values(recording(tmp_path)) == [[np.inf, -np.inf]]


def test_every_digit_of_a_number_is_read(tmp_path, write):
    number = 0.1 + 0.2
    write(f"alpha,seed,step,loss/train\n{number},0,{2**53 - 1},{number}\n")
    read = recording(tmp_path)
    assert points(read) == [(number, 0)]
    assert values(read) == [[number]]
    assert read.runs[0].history.steps.tolist() == [2**53 - 1]


def test_lines_are_counted_as_an_editor_does(tmp_path, write):
    write('alpha,seed,step,loss/train,"a\nnote"\n1,0,0,1,"two\nlines"\n\n1,0,1,x,\n')
    assert '"loss/train" has "x" in line 6, which is no number' in mistake(tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty; remove the file"),
        ("\n \n", "is empty; remove the file"),
        ("alpha,seed,step,loss/train\n", "has no rows; remove the file"),
        ("alpha,seed,step,loss/train\n1,0,0,\n", "has only empty cells in loss/train"),
        (
            "alpha,seed,step,loss/train\n1,0,0,1\n1,0,1\n",
            "line 3 has 3 cells, but the header has 4",
        ),
        ("alpha,seed,step,loss/train\n1,0,0,1,2\n", "line 2 has 5 cells, but the header has 4"),
        ('alpha,seed,step,"loss/train\n1,0,0,1\n', "line 1 is damaged (unexpected end of data)"),
        ("alpha;seed;step;loss/train\n1;0;0;1\n", "as semicolons separate its cells; separate"),
        ("alpha,seed,step,loss/trian\n1,0,0,1\n", 'no column "loss/train"; did you mean "loss/tri'),
        ("alpha,seed,steps,loss/train\n1,0,0,1\n", 'no column "step"; did you mean "steps"?'),
        ("alpha,seeds,step,loss/train\n1,0,0,1\n", 'no column "seed"; did you mean "seeds"?'),
        ("a,seed,step,loss/train\n1,0,0,1\n", 'no column "alpha"'),
        ("alpha,seed,step,step,loss/train\n1,0,0,0,1\n", 'has the column "step" twice; rename'),
        ("alpha,seed,step,loss/train\n1,0,0,1\n1,0,1,x\n", '"loss/train" has "x" in line 3, which'),
        ("alpha,seed,step,loss/train\n1,0,0,1\na,0,1,1\n", "a number in line 2 and text in line 3"),
        ("alpha,seed,step,loss/train\n,0,0,1\n", '"alpha" is empty or NaN; every run must have a'),
        ("alpha,seed,step,loss/train\nnan,0,0,1\n", '"alpha" is empty or NaN'),
        ("alpha,seed,step,loss/train\n1,0,0,1\ninf,0,0,1\n", '"alpha" is inf; the values of an'),
        (
            "alpha,seed,step,loss/train\n1,,0,1\n",
            '"seed" has nothing in line 2; it must be a whole',
        ),
        ("alpha,seed,step,loss/train\n1,-1,0,1\n", '"seed" has -1 in line 2; it must be a whole'),
        ("alpha,seed,step,loss/train\n1,0,-1,1\n", '"step" has -1 in line 2; it must be a whole'),
        ("alpha,seed,step,loss/train\n1,0,1.5,1\n", '"step" has 1.5 in line 2; it must be a whole'),
        ("alpha,seed,step,loss/train\n1,0,,1\n", '"step" has nothing in line 2; it must be a'),
        ("alpha,seed,step,loss/train\n1,0,1e17,1\n", '"step" has 1e+17 in line 2; it must be'),
        (
            "alpha,seed,step,loss/train\n1,0,0,1\n1,0,1,2\n1.0,0,0,1\n",
            "has train_loss of alpha = 1, seed = 0 at step 0 in line 2 and in line 4; remove one",
        ),
    ],
)
def test_a_mistake_in_a_table_is_told_with_its_line_and_the_remedy(tmp_path, write, text, reason):
    path = write(text)
    message = mistake(tmp_path)
    assert message.startswith(f"{path}: ")
    assert reason in message


def test_two_rows_of_a_run_without_steps_are_a_mistake(tmp_path, write):
    write("alpha,seed,loss/train\n1,0,1\n1,0,2\n")
    message = mistake(tmp_path, step=None)
    assert "has the run of alpha = 1, seed = 0 in line 2 and in line 3; remove one" in message
    assert message.endswith("in axes or seed, or the column of the step")


@pytest.mark.parametrize(
    ("text", "quantities", "reason"),
    [
        (
            "step,a=1 x,a=2 y\n0,1,1\n",
            {"x": "a={a} x", "y": "a={a} y"},
            'no column "a=1 y", but "a',
        ),
        (
            "step,a=1 x\n0,1\n",
            {"x": "b={a} x"},
            'no column matches "b={a} x"; did you mean "a=1 x"',
        ),
        ("step,1 x 1,1 x 2\n0,1,1\n", {"x": "{a} x *"}, 'matches both "1 x 1" and "1 x 2" with'),
        ("step,a=nan x\n0,1\n", {"x": "a={a} x"}, "is empty or NaN; every run must"),
    ],
)
def test_a_mistake_in_the_names_of_columns_is_told(tmp_path, write, text, quantities, reason):
    write(text)
    assert reason in mistake(tmp_path, seed=None, axes=None, quantities=quantities)


def test_text_that_is_no_utf8_is_told_with_its_line(tmp_path):
    (tmp_path / "runs.csv").write_bytes(LONG.encode() + b"1,0,7,\xff\n")
    assert "line 8 is not UTF-8 text; save it as UTF-8" in mistake(tmp_path)


@pytest.mark.parametrize("cut", [1, 9, 12, 20, -1])
def test_a_packed_file_that_was_cut_short_is_told(tmp_path, cut):
    (tmp_path / "runs.csv.gz").write_bytes(gzip.compress(LONG.encode())[:cut])
    assert "is not a complete gzip file" in mistake(tmp_path, files="*.gz")


def test_the_seeds_of_a_table_are_in_a_column(tmp_path, write):
    write(LONG)
    assert 'is a table, where seed names the column: seed = "seed"' in mistake(tmp_path, seed=16)


def test_values_of_an_axis_are_texts_numbers_or_truth_values(tmp_path, write):
    write("alpha,seed,step,loss/train\nrun10,0,0,1\nrun9,0,0,2\n")
    assert points(recording(tmp_path)) == [("run9", 0), ("run10", 0)]
    write("alpha,seed,step,loss/train\nTrue,0,0,1\nfalse,0,0,2\n")
    assert points(recording(tmp_path)) == [(False, 0), (True, 0)]


@pytest.mark.parametrize(
    ("module", "bound", "text"),
    [
        (csv_files, "MOST_ROWS", LONG),
        (csv_files, "MOST_COLUMNS", LONG),
        (tables, "MOST_ROWS", WEIGHTS_AND_BIASES),
        (tables, "MOST_RUNS", LONG),
    ],
)
def test_a_table_that_is_too_large_is_refused(tmp_path, write, monkeypatch, module, bound, text):
    write(text)
    monkeypatch.setattr(module, bound, 3)
    wide = {"seed": None, "axes": None, "step": "Step"} if text is WEIGHTS_AND_BIASES else {}
    if wide:
        wide["quantities"] = {"train_loss": "alpha={alpha} seed={seed} - loss/train"}
    assert "split it" in mistake(tmp_path, **wide)


def test_a_packed_file_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    (tmp_path / "runs.csv.gz").write_bytes(gzip.compress(LONG.encode()))
    monkeypatch.setattr(csv_files, "MOST_BYTES", 10)
    assert "has more than 10 B when unpacked; split it" in mistake(tmp_path, files="*.gz")


# Runs that diverged

DIVERGED = """\
alpha,seed,step,diverged_at,loss/train
1,0,0,10,2
1,0,10,10,
1,0,20,10,
2,0,0,,2
2,0,10,,1
"""


@pytest.mark.parametrize("gaps", [None, "keep", "skip"])
def test_a_column_diverged_at_says_which_runs_diverged(tmp_path, write, gaps):
    write(DIVERGED)
    diverged, finished = (run.history for run in recording(tmp_path, gaps=gaps).runs)
    assert (diverged.status, diverged.diverged_at) == ("diverged", 10)
    assert diverged.steps.tolist() == [0, 10, 20]
    np.testing.assert_array_equal(diverged.quantities["train_loss"], [2, np.nan, np.nan])
    assert (finished.status, finished.diverged_at) == ("finished", None)


def test_what_was_recorded_after_a_run_diverged_is_unknown(tmp_path, write):
    write(DIVERGED.replace("1,0,20,10,", "1,0,20,10,5"))
    (run, _) = recording(tmp_path).runs
    np.testing.assert_array_equal(run.history.quantities["train_loss"], [2, np.nan, np.nan])


def test_a_gap_before_a_run_diverged_is_a_mistake_as_in_any_run(tmp_path, write):
    write(DIVERGED.replace("1,0,0,10,2", "1,0,0,10,"))
    assert "train_loss has no number in 1 of the 3 records of alpha = 1" in mistake(tmp_path)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("20", "has another diverged_at of alpha = 1, seed = 0 in line 2 and in line 3"),
        ("inf", '"diverged_at" has inf in line 3; it must be a whole number'),
        ("2.5", '"diverged_at" has 2.5 in line 3; it must be a whole number'),
        ("yes", '"diverged_at" has "yes" in line 3, which is no number'),
    ],
)
def test_a_run_diverged_at_one_step(tmp_path, write, cell, why):
    write(DIVERGED.replace("1,0,10,10,", f"1,0,10,{cell},"))
    assert why in mistake(tmp_path)
