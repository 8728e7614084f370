import ast

import pytest

from grokspec.mutation.by_rule import ROOMS, made_in, mutants_of, sampled
from grokspec.mutation.mutants import PROGRAM


def mutated(expression):
    """What each mutant makes of an expression, by rule."""
    text = f"def f():\n    {expression}\n"
    made = [(m.rule, m.mutate(text).splitlines()[1].strip()) for m in made_in(text, "m.py")]
    return {rule: [new for r, new in made if r == rule] for rule, _ in made}


@pytest.mark.parametrize(
    ("expression", "rule", "made"),
    [
        ("a < b", "comparison", ["a <= b", "a > b"]),
        ("a <= b", "comparison", ["a < b", "a >= b"]),
        ("a > b", "comparison", ["a >= b", "a < b"]),
        ("(a) == (b)", "comparison", ["(a) != (b)"]),
        ("a is not b", "comparison", ["a is b"]),
        ("a not in b", "comparison", ["a in b"]),
        ("a < b == c", "comparison", ["a <= b == c", "a > b == c", "a < b != c"]),
        ("x = 0", "number", ["x = 1", "x = -1"]),
        ("x = -1", "number", ["x = 0", "x = -2"]),
        ("x = 0.25", "number", ["x = 0.5"]),
        ("x = 1.0", "number", ["x = 0.0"]),
        ("x[0]", "index", ["x[1]", "x[-1]"]),
        ("x[-1]", "index", ["x[0]", "x[-2]"]),
        ("x[1:]", "index", ["x[2:]", "x[0:]"]),
        ("x.isel(record=-1)", "index", ["x.isel(record=0)", "x.isel(record=-2)"]),
        ("a - b", "sign", ["a + b"]),
        ("a * (b)", "sign", ["a / (b)"]),
        ("a ** b", "sign", ["a * b"]),
        ("a // b", "sign", ["a % b"]),
        ("-a", "sign", ["a"]),
        ("a += b", "sign", ["a -= b"]),
        ("a and b and c", "logic", ["a or b or c"]),
        ("not a", "logic", ["a"]),
        ("a & ~b", "logic", ["a | ~b", "a & b"]),
        ("x.mean()", "reduction", ["x.sum()"]),
        ("np.maximum(a, b)", "reduction", ["np.minimum(a, b)"]),
        ("x.median()", "reduction", ["x.mean()"]),
        ("all(x)", "reduction", ["any(x)"]),
        ("x.argmax(y)", "reduction", ["x.argmin(y)"]),
        ("np.logical_and.reduce(x)", "reduction", ["np.logical_or.reduce(x)"]),
        ("x.max(skipna=False)", "flag", ["x.max(skipna=True)"]),
    ],
)
def test_a_rule_makes_what_it_says(expression, rule, made):
    assert mutated(expression)[rule] == made


def test_the_change_is_at_its_place_whatever_stands_around_it():
    text = 'def f(x):\n    s = "α < β"; return (x\n        # α < β\n        < 1) < (2)\n'
    changed = {m.mutate(text) for m in made_in(text, "m.py") if m.rule == "comparison"}
    assert changed == {
        text.replace("        < 1)", "        <= 1)"),
        text.replace("        < 1)", "        > 1)"),
        text.replace("< (2)", "<= (2)"),
        text.replace("< (2)", "> (2)"),
    }


@pytest.mark.parametrize(
    "text",
    [
        '"""A docstring: 1 < 2."""',
        "if TYPE_CHECKING:\n    x = 1",
        'def f(x: A[1]) -> B[2]:\n    """1 < 2"""\n    raise ValueError(1 - x)',
        'def f(x):\n    return f"{x - 1} of {x + 1}"',
        'def f(x):\n    return "a" + x',
        "def f(x) -> str:\n    return x[0]",
        "def f(x) -> tuple[str, str]:\n    return x[0], x[1]",
        "class A:\n    def __repr__(self):\n        return self.x[0]",
        "@decorated(1)\ndef f():\n    pass",
        "class A:\n    x: int = field(default=1)",
        "def f(x):\n    return zip(x, x, strict=True)",
        "def f(x):\n    assert x > 0",
        "Both = int | float",
    ],
)
def test_what_computes_nothing_is_left_out(text):
    assert made_in(text, "m.py") == ()


@pytest.mark.parametrize("room", ROOMS)
def test_mutants_of_a_room_are_other_code_that_compiles(room):
    mutants = sampled(mutants_of(room), 50, seed=0)
    assert len(mutants) == 50
    for mutant in mutants:
        old = (PROGRAM / mutant.file).read_text()
        new = mutant.mutate(old)
        assert new.count("\n") == old.count("\n")  # line numbers stay
        assert ast.dump(ast.parse(new)) != ast.dump(ast.parse(old)), mutant.id
