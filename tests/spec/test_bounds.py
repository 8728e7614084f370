"""Files that are no sensible spec: each is refused before it takes time or memory."""

import os
import sys
from pathlib import Path

import pytest
from experiments import WHOLE

from grokspec.cli.check import check_all
from grokspec.errors import GrokspecError
from grokspec.spec.bounds import DEEPEST, MOST_BYTES, MOST_FILES, too_deep
from grokspec.spec.document import read_chain, read_document

ONLY_POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


def refusal(path: Path) -> str:
    """The only mistake of a spec, with its place."""
    with pytest.raises(GrokspecError) as caught:
        check_all([path])
    (mistake,) = caught.value.mistakes
    return f"{mistake.place}  {mistake.message}".strip()


def test_a_file_of_a_megabyte_is_not_read_on(write):
    assert refusal(write("#" * (MOST_BYTES + 1))) == (
        "x.toml: cannot be read: has more than 1,000,000 bytes; a spec has a few thousand: "
        "is it the right file?"
    )


@ONLY_POSIX
def test_only_regular_files_are_opened(write, tmp_path):
    write(WHOLE)
    os.mkfifo("pipe.toml")  # opening it would wait for ever
    Path("zeros.toml").symlink_to("/dev/zero")
    Path("loop.toml").symlink_to("loop.toml")
    remedy = "; write the spec to a file and name that"
    assert refusal(Path("pipe.toml")) == f"pipe.toml: is a pipe, not a file{remedy}"
    assert refusal(Path("zeros.toml")) == f"zeros.toml: is a device, not a file{remedy}"
    assert refusal(Path("loop.toml")).startswith("loop.toml: cannot be read: ")
    path = write('extends = "pipe.toml"\n', "y.toml")
    assert refusal(path) == f"y.toml:1:11  extends = pipe.toml: is a pipe, not a file{remedy}"
    assert refusal(write('extends = "loop.toml"\n', "y.toml")).startswith("y.toml:1:11  extends = ")


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 200 + "]" * 200,
        "a = " + "{a = " * 200 + "1" + "}" * 200,
        ".".join(["a"] * 200_000) + " = 1",
        '"a b"' + " . 'c d'" * 2000 + " = 1",
        f"[{'.'.join(['a'] * 2000)}]",
        f"[[{'.'.join(['a'] * 2000)}]]",
        f"a = {{{'.'.join(['b'] * 900)} = 1}}",
        ("a = {" + ".".join(["b"] * 20) + " = {" + ".".join(["b"] * 20) + " = 1}}"),
    ],
)
def test_deep_nesting_is_refused_before_it_is_parsed(write, text):
    (place, message) = refusal(write(f"# 1\n{text}\n")).split("  ")
    assert place.startswith("x.toml:2:")
    assert message == "nested too deeply; tables and lists are at most 32 levels deep"


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * DEEPEST + "]" * DEEPEST,
        ".".join(["a"] * DEEPEST) + " = 1.5",
        "a = [" + "1.5, " * 1000 + "]",
        "a = [" + "[1.5], {b.c = 2.5}, " * 1000 + "]",
        f'a = "{"." * 1000}"  # {"." * 1000} {"[" * 100}',
        "a = '''\n" + "[.\n" * 1000 + "'''\nb = \"\"\"" + "{.\n" * 1000 + '"""',
        "\n".join(f"a{i}.b.c = 0.5" for i in range(100)),
        'a = "' + '\\"' * 100_000,
        "[" + "]" * 100,
    ],
)
def test_what_is_long_but_not_deep_is_left_to_the_parser(text):
    assert too_deep(text) is None


def test_too_many_keys_are_refused(write):
    many = "".join(f"k{i} = 1\n" for i in range(20_000))
    message = "20,001 keys, but a spec has at most 3,000; is it a spec?"
    assert refusal(write(f"{many}[t]\n")) == f"x.toml:1:1  the file has {message}"


def test_the_keys_of_all_files_count(write):
    many = "".join(f"k{i} = 1\n" for i in range(2_000))
    write(f"[a]\n{many}", "base.toml")
    assert refusal(write(f'extends = "base.toml"\n[b]\n{many}')) == (
        "x.toml:1:11  extends = base.toml: with it the spec has 4,003 keys, but a spec has at "
        "most 3,000; is it a spec?"
    )


def test_too_many_values_in_lists_are_refused_with_a_range_as_the_remedy(write):
    assert refusal(write(f"[sweep]\nseed = [{'1, ' * 30_000}]\n")) == (
        "x.toml:1:1  the file has 30,000 list elements, but a spec has at most 20,000; write a "
        "range: { linear = [first, last], count = n }"
    )


def test_a_chain_of_files_has_an_end(write):
    for i in range(MOST_FILES + 1):
        write(f'extends = "{i + 1}.toml"\n', f"{i}.toml")
    write(WHOLE, f"{MOST_FILES + 1}.toml")
    assert refusal(Path("0.toml")) == (
        "19.toml:1:11  extends = 20.toml: more than 20 files extend each other; merge some of them"
    )
    assert len(read_chain(Path("2.toml"))) == MOST_FILES


def test_too_many_profiles_are_refused(write):
    profiles = "".join(f"[profile.p{i}]\n" for i in range(2000))
    assert refusal(write(WHOLE + profiles)).startswith(
        "x.toml:1:1  the spec has 2,000 profiles, but at most 100 are read"
    )


def test_the_runs_of_all_profiles_together_are_limited(write):
    profiles = "".join(f"[profile.p{i}.sweep]\nseed = {90 + i}\n" for i in range(10))
    path = write(WHOLE + profiles)
    with pytest.raises(GrokspecError, match="more than 150 runs together"):
        check_all([path], limit=100)
    assert check_all([path])


def test_a_mistake_that_is_there_often_is_shown_twenty_times(write):
    path = write(f'{WHOLE}[sweep.grid]\n"model.alpha" = [{"0, " * 5000}]\n')
    with pytest.raises(GrokspecError) as caught:
        check_all([path])
    lines = str(caught.value).splitlines()
    assert len(lines) == 3 * 20 + 1
    assert lines[-1] == "… and at least 980 more mistakes"


def test_overriding_many_tables_takes_no_longer_with_every_one(write):
    tables = "".join(f"[t{i}]\nx = 1\n" for i in range(1000))
    write(tables, "base.toml")
    over = "".join(f"t{i} = 2\n" for i in range(900))
    document = read_document(write(f'extends = "base.toml"\n{over}'))
    assert document.data["t899"] == 2
    assert ("t899", "x") not in document.origins
    assert ("t950", "x") in document.origins


def test_long_keys_and_values_are_cut(write):
    path = write(f"{'k' * 100_000} = 1\n{WHOLE}")
    assert len(refusal(path)) < 500
    path = write(f'{WHOLE}[sweep.grid]\n"{"k" * 100_000}" = [1]\n')
    with pytest.raises(GrokspecError) as caught:
        check_all([path])
    assert len(str(caught.value)) < 1000


def test_a_sweep_is_counted_before_its_points_are_made(write):
    axis = "{ linear = [1, 2], count = 100_000 }"
    paths = ("model.alpha", "model.sigma", "model.epsilon", "task.train")
    grid = "".join(f'"{path}" = {axis}\n' for path in paths)
    refused = "x.toml:20:2  more than 10,000 runs; thin the sweep, or allow more with --limit"
    assert refusal(write(f"{WHOLE}[sweep.grid]\n{grid}")).endswith(refused[12:])
    grid = grid.replace("model.alpha", "task.test")
    when = f'[[sweep.when]]\nif = {{ "model.alpha" = 2 }}\n[sweep.when.grid]\n{grid}'
    path = write(f'{WHOLE}[sweep.grid]\n"model.alpha" = [1, 2]\n{when}')
    assert "more than 10,000 runs; thin the sweep" in refusal(path)


@pytest.mark.parametrize(
    ("sweep", "message"),
    [
        (f"concat = [{'{}, ' * 200}]", "200 concat and when blocks are more than 100"),
        (
            "grid = { " + ", ".join(f"k{i} = [1]" for i in range(60)) + " }",
            "60 axes are more than 50; a run has fewer fields than that",
        ),
    ],
)
def test_blocks_and_axes_of_a_sweep_are_limited(write, sweep, message):
    with pytest.raises(GrokspecError, match=message):
        check_all([write(f"{WHOLE}[sweep]\n{sweep}\n")])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            WHOLE.replace("width = 8", f"width = {2**31}"),
            "model.width = 2147483648: must be at most 1,000,000,000",
        ),
        (
            WHOLE.replace("steps = 50", f"steps = {2**62}"),
            "training.steps = 4611686018427387904: must be at most 1,000,000,000,000",
        ),
        (
            WHOLE
            + "record.steps.log = 1_000_000_000_000\n".replace("record", "[profile.quick]\nrecord"),
            "record.steps.log = 1000000000000: must be at most 10,000",
        ),
        (
            WHOLE + "[profile.quick]\nrecord.steps.log = 10_000\nsweep.seed = 1000\n",
            "1,000 runs with 10,000,000 records are more than 2,000,000; record fewer steps, or "
            "thin the sweep",
        ),
        (
            WHOLE + f'[sweep.grid]\n"record.probes" = [[{chr(34)}loss{chr(34)}{", 1" * 10_000}]]\n',
            "the description of a run has 30,248 characters, but at most 20,000; shorten its lists "
            "and texts",
        ),
    ],
)
def test_what_no_machine_could_run_is_refused(write, text, message):
    with pytest.raises(GrokspecError) as caught:
        check_all([write(text)])
    assert any(message in mistake.message for mistake in caught.value.mistakes), caught.value


def test_a_range_of_powers_may_leave_the_numbers_of_64_bits(write):
    path = write(f'{WHOLE}[sweep.grid]\n"training.steps" = {{ log2 = [1000, 1001] }}\n')
    with pytest.raises(GrokspecError, match="must be at most 1,000,000,000,000"):
        check_all([path])


def test_a_condition_with_many_values_that_no_point_has_is_compared_with_few(write):
    values = ", ".join(map(str, range(5_000, 9_000)))
    path = write(
        f'{WHOLE}[sweep.grid]\n"model.alpha" = {{ linear = [1, 2000], count = 2000 }}\n'
        f'[[sweep.when]]\nif = {{ "model.alpha" = [{values}] }}\ngrid = {{ "model.sigma" = [2] }}\n'
    )
    with pytest.raises(GrokspecError, match="and at least 980 more mistakes"):
        check_all([path])
