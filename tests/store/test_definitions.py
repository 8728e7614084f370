"""What a class or function needs of a Python file: only an edit of that changes its hash."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grokspec.files.program import Program
from grokspec.files.python import run_file
from grokspec.store.definitions import Definitions, definitions

FILE = """
'''Networks.'''
import math
import torch
from torch import nn
from typing import TYPE_CHECKING
from layers import Block
import pkg.blocks
if TYPE_CHECKING:
    from layers import Norm

WIDTH = 8
SCALE = 2.0
TABLE = {"relu": 1}

def scaled(x):
    return SCALE * x

class Net(nn.Module):
    '''A network.'''

    def __init__(self):
        self.block = Block(WIDTH)  # a comment
        self.other = pkg.blocks.Other()

    def forward(self, x):
        return scaled(self.block(x)) + TABLE["relu"]

class Unused(Net):
    def forward(self, x):
        return math.sqrt(x)

if __name__ == "__main__":
    print(Net())
"""
LAYERS = """
from helpers import init, other

class Norm:
    pass

class Block:
    def __init__(self, width):
        self.weight = init(width)

def unused():
    return other()
"""
HELPERS = """
def init(width):
    return [0.0] * width

def other():
    return 1
"""
BLOCKS = """
from .inner import Base

class Other(Base):
    pass

class Another(Base):
    pass
"""
INNER = """
class Base:
    size = 3

class Unused:
    pass
"""
FILES = {
    "nets.py": FILE,
    "layers.py": LAYERS,
    "helpers.py": HELPERS,
    "pkg/__init__.py": "",
    "pkg/blocks.py": BLOCKS,
    "pkg/inner.py": INNER,
}


class Project:
    """Some Python files in a folder."""

    def __init__(self, folder: Path, files: dict[str, str]) -> None:
        self.folder = folder
        self.files: dict[str, str] = {}
        for name, text in files.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        self.files[name] = text
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        assert old in self.files[name]
        self.write(name, self.files[name].replace(old, new))

    def append(self, name: str, code: str) -> None:
        self.write(name, f"{self.files[name]}\n{code}\n")

    def needs(self, *names: str) -> Definitions:
        return definitions(Program.read(self.folder / "nets.py"), frozenset(names or ["Net"]))


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path, FILES)


def test_definitions_are_named_by_file_and_name(project):
    assert set(project.needs().hashes) == {
        "nets.py:Net",
        "nets.py:WIDTH",
        "nets.py:SCALE",
        "nets.py:TABLE",
        "nets.py:scaled",
        "nets.py:Block",
        "nets.py:nn",
        "nets.py:pkg",
        "layers.py:Block",
        "layers.py:init",
        "helpers.py:init",
        "pkg/blocks.py:Other",
        "pkg/blocks.py:Base",
        "pkg/inner.py:Base",
    }


def test_the_hashes_are_the_same_wherever_the_files_lie(project, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    assert Project(tmp_path / "elsewhere", FILES).needs() == project.needs()


NEEDED = [
    ("nets.py", "WIDTH = 8", "WIDTH = 9"),
    ("nets.py", "return SCALE * x", "return SCALE + x"),
    ("nets.py", "Block(WIDTH)", "Block(2)"),
    ("nets.py", '"relu": 1', '"relu": 2'),
    ("nets.py", "from torch import nn", "from flax import nn"),
    ("nets.py", "import pkg.blocks", "import pkg.inner as pkg"),
    ("layers.py", "init(width)", "init(width + 1)"),
    ("helpers.py", "[0.0] * width", "[0.1] * width"),
    ("pkg/blocks.py", "class Other(Base):\n    pass", "class Other(Base):\n    size = 4"),
    ("pkg/inner.py", "size = 3", "size = 4"),
]
NOT_NEEDED = [
    ("nets.py", "A network.", "Any network."),
    ("nets.py", "# a comment", "# another"),
    ("nets.py", "math.sqrt(x)", "x"),
    ("nets.py", "import math", "import cmath as math"),
    ("nets.py", "from torch import nn", "from torch import nn, optim"),
    ("nets.py", "import Block", "import Norm, Block"),
    ("nets.py", "    from layers import Norm", "    from layers import unused"),
    ("nets.py", "print(Net())", "print(1)"),
    ("nets.py", "WIDTH = 8\nSCALE = 2.0", "SCALE = 2.0\nWIDTH = 8"),
    ("layers.py", "class Norm:", "class Norm(dict):"),
    ("layers.py", "return other()", "return 2"),
    ("helpers.py", "return 1", "return 2"),
    ("pkg/blocks.py", "class Another(Base):", "class Another:"),
    ("pkg/inner.py", "class Unused:", "class Unused(dict):"),
]


@pytest.mark.parametrize(("file", "old", "new"), NEEDED)
def test_an_edit_of_what_is_needed_changes_it(project, file, old, new):
    before = project.needs()
    project.edit(file, old, new)
    assert project.needs() != before


@pytest.mark.parametrize(("file", "old", "new"), NOT_NEEDED)
def test_an_edit_of_what_is_not_needed_changes_nothing(project, file, old, new):
    before = project.needs()
    project.edit(file, old, new)
    assert project.needs() == before


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    "code",
    [
        "def another(x):\n    return Net(x) + WIDTH",
        "class Another:\n    def forward(self, x):\n        SCALE = 3\n        return SCALE * x",
        "import json\nfrom collections import OrderedDict",
        "EXTRA = [Net for Net in (1, 2)]",
        "import functools\n@functools.cache\ndef another():\n    return 1",
        "'''A text.'''",
        "pass",
        "if __name__ == '__main__':\n    WIDTH = 3\n    Block = init = Base = None",
    ],
)
def test_an_addition_that_nothing_uses_changes_nothing(project, file, code):
    before = project.needs()
    project.append(file, code)
    assert project.needs() == before


@pytest.mark.parametrize(
    "code",
    [
        "WIDTH = 9",
        "WIDTH += 1",
        "TABLE['relu'] = 2",
        "del TABLE['relu']",
        "Net.forward = lambda self, x: x",
        "Block.size = 3",
        "pkg.blocks.Other.size = 4",
        "Same = Block\nSame.size = 3",
        "for WIDTH in range(3): pass",
        "with open('x') as WIDTH: pass",
        "from layers import Norm as Block",
        "from torch.nn import *",
    ],
)
def test_a_statement_that_changes_what_a_name_stands_for_counts(project, code):
    before = project.needs()
    project.append("nets.py", code)
    assert project.needs() != before


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    "code",
    [
        "torch.set_default_dtype(torch.float64)",
        "torch.backends.cudnn.deterministic = True",
        "NOISE = torch.randn(3)",
        "if torch.cuda.is_available():\n    DEVICE = 'cuda'",
        "for name in ('a', 'b'):\n    print(name)",
        "try:\n    import apex\nexcept ImportError:\n    apex = None",
        "assert torch",
        "if __name__ == '__main__':\n    pass\nelse:\n    torch.manual_seed(1)",
    ],
)
def test_what_a_file_does_when_it_is_run_counts_whatever_uses_it(project, file, code):
    before = project.needs()
    project.append(file, code)
    assert project.needs() != before


def test_the_order_of_what_is_done_counts(project):
    project.append("nets.py", "torch.manual_seed(1)\ntorch.set_default_dtype(torch.half)")
    before = project.needs()
    project.edit(
        "nets.py",
        "torch.manual_seed(1)\ntorch.set_default_dtype(torch.half)",
        "torch.set_default_dtype(torch.half)\ntorch.manual_seed(1)",
    )
    assert project.needs() != before


def test_what_a_statement_does_needs_is_needed(project):
    project.append("nets.py", "def setup():\n    return 1\nsetup()")
    before = project.needs()
    project.edit("nets.py", "return 1", "return 2")
    assert project.needs() != before


REGISTRY = """
from layers import register
NETS = {}
def kept(cls):
    NETS[cls.__name__] = cls
    return cls
@kept
class Small:
    width = 1
def build(name):
    return NETS[name]()
"""


def test_what_a_decorator_of_the_file_registers_is_needed(project):
    project.write("nets.py", REGISTRY)
    before = project.needs("build")
    project.edit("nets.py", "width = 1", "width = 2")
    assert project.needs("build") != before


@pytest.mark.parametrize(
    "body",
    [
        "return globals()[name]",
        "return eval(name)",
        "return vars()[name]",
        "import importlib\n    return importlib.import_module(name)",
        "import sys\n    return getattr(sys.modules[__name__], name)",
        "return build.__globals__[name]",
    ],
)
def test_all_of_a_file_counts_where_names_are_looked_up_by_text(project, body):
    project.append("nets.py", f"def build(name):\n    {body}")
    before, of_net = project.needs("build"), project.needs()
    project.append("nets.py", "class Late: pass")
    assert project.needs("build") != before
    assert project.needs() == of_net


def test_a_method_called_eval_looks_nothing_up(project):
    project.append("nets.py", "def build():\n    return Net().eval()")
    before = project.needs("build")
    project.append("nets.py", "class Late: pass")
    assert project.needs("build") == before


@pytest.mark.parametrize(
    "code",
    [
        "import layers\ndef build(name):\n    return getattr(layers, name)",
        "def build(name):\n    import layers as there\n    return getattr(there, name)",
        "from layers import *\ndef build(name):\n    return unused()",
    ],
)
def test_all_of_a_file_counts_that_is_used_as_a_whole(project, code):
    project.append("nets.py", code)
    before = project.needs("build")
    project.edit("helpers.py", "return 1", "return 2")
    assert project.needs("build") != before


def test_classes_that_register_by_deriving_count_wherever_they_are(project):
    project.append("pkg/inner.py", "def all():\n    return Base.__subclasses__()")
    project.append("nets.py", "from pkg import inner\ndef build():\n    return inner.all()")
    before = project.needs("build")
    project.append("pkg/blocks.py", "class Late(Base): pass")
    assert project.needs("build") != before


@pytest.mark.parametrize(
    ("line", "used"),
    [
        ("import pkg.blocks", "pkg.blocks.Other"),
        ("import pkg.blocks as b", "b.Other"),
        ("from pkg import blocks", "blocks.Other"),
        ("from pkg import blocks as b", "b.Other"),
        ("from pkg.blocks import Other", "Other"),
        ("from pkg.blocks import Other as O", "O"),
        ("from pkg import Other", "Other"),
        ("import pkg", "pkg.Other"),
        ("import pkg", "pkg.again.Other"),
        ("try:\n    import pkg.blocks as b\nexcept ImportError:\n    b = None", "b.Other"),
    ],
)
@pytest.mark.parametrize("within", [False, True])
def test_every_form_of_import_is_followed_to_the_definition(project, line, used, within):
    project.write("pkg/__init__.py", "from .blocks import Other\nfrom . import blocks as again")
    if within:
        inner = line.replace("\n", "\n    ")
        code = f"def build():\n    {inner}\n    return {used}()"
    else:
        code = f"{line}\ndef build():\n    return {used}()"
    project.write("nets.py", code)
    before = project.needs("build")
    project.edit("pkg/inner.py", "class Unused:", "class Unused(dict):")
    project.edit("pkg/blocks.py", "class Another(Base):", "class Another:")
    assert project.needs("build") == before
    project.edit("pkg/inner.py", "size = 3", "size = 4")
    assert project.needs("build") != before


def test_what_it_imports_of_grokspec_is_known(project):
    project.append("layers.py", "from grokspec.rng import generator\nfrom grokspec import plan")
    assert not any(module.startswith("grokspec") for module, _ in project.needs().imports)
    project.edit("layers.py", "init(width)", "generator(width, 'train')")
    assert {i for i in project.needs().imports if i[0].startswith("grokspec")} == {
        ("grokspec.rng", "generator")
    }


def test_files_that_import_one_another_are_followed_once(project):
    project.append("helpers.py", "import layers\nfrom nets import SCALE")
    project.edit("helpers.py", "[0.0] * width", "[SCALE] * width")
    before = project.needs()
    project.edit("nets.py", "SCALE = 2.0", "SCALE = 3.0")
    assert project.needs() != before


# Programs of any shape. Each definition is a number of its own and the sum of what it uses, so a
# change of its number changes the value of exactly what needs it.

PLACES = ["pkg/deep.py", "pkg/__init__.py", "layers.py", "nets.py"]
"""Files, each of which may import those before it."""

MODULES = {"pkg/deep.py": "pkg.deep", "pkg/__init__.py": "pkg", "layers.py": "layers"}


@st.composite
def programs(draw) -> tuple[dict[str, list[str]], int]:
    """The definitions in each file, and how many there are: ``d0``, ``d1``, …"""
    count = draw(st.integers(3, 9))
    places = sorted(draw(st.lists(st.integers(0, 3), min_size=count, max_size=count)))
    places[-1] = 3
    shapes: list[str] = []
    files: dict[str, list[str]] = {place: [] for place in PLACES}
    for i, at in enumerate(places):
        shape = draw(st.sampled_from(["constant", "function", "class", "derived", "changed"]))
        uses = draw(st.sets(st.integers(0, i - 1), max_size=2)) if i else set()
        if shape in ("constant", "changed"):
            uses = {j for j in uses if shapes[j] in ("constant", "changed")}
        bases = [j for j in uses if shapes[j] in ("class", "derived")]
        if shape != "derived":
            bases = []
        elif not bases:
            shape = "class"
        lines, names = [], {}
        for j in sorted(uses):
            names[j] = f"d{j}"
            if places[j] != at:
                line, names[j] = draw(st.sampled_from(_imports(MODULES[PLACES[places[j]]], j)))
                lines.append(line)
        inside = lines and shape in ("function", "class") and draw(st.booleans())
        code = _definition(i, shape, {j: (names[j], shapes[j]) for j in uses}, bases[:1])
        if inside:
            head = "return"
            code = code.replace(head, "\n    ".join([*lines, head]).replace("\n", _indent(shape)))
            lines = []
        files[PLACES[at]] += [*lines, code]
        shapes.append(shape)
    return files, count


def _indent(shape: str) -> str:
    return "\n" if shape == "function" else "\n    "


def _imports(module: str, j: int) -> list[tuple[str, str]]:
    """Ways to import a definition, and what it is then called."""
    package, _, last = module.rpartition(".")
    ways = [
        (f"from {module} import d{j}", f"d{j}"),
        (f"from {module} import d{j} as e{j}", f"e{j}"),
        (f"import {module}", f"{module}.d{j}"),
        (f"import {module} as m{last}", f"m{last}.d{j}"),
    ]
    return [*ways, (f"from {package} import {last}", f"{last}.d{j}")] if package else ways


def _definition(i: int, shape: str, uses: dict[int, tuple[str, str]], bases: list[int]) -> str:
    values = {
        j: name if kind in ("constant", "changed") else f"{name}()" if kind == "function" else
        f"{name}().get()"
        for j, (name, kind) in uses.items()
    }  # fmt: skip
    total = " + ".join([f"{10**i}", *(v for j, v in values.items() if j not in bases)])
    if shape == "constant":
        return f"d{i} = {total}"
    if shape == "changed":
        return f"d{i} = 0\nd{i} += {total}"
    if shape == "function":
        return f"def d{i}():\n    return {total}"
    base = f"({uses[bases[0]][0]})" if shape == "derived" else ""
    more = " + super().get()" if shape == "derived" else ""
    return f"class d{i}{base}:\n    def get(self):\n        return {total}{more}"


def _value(path: Path, i: int) -> object:
    found = getattr(run_file(path), f"d{i}")
    if isinstance(found, type):
        found = found().get
    return found() if callable(found) else found


@given(programs())
@settings(max_examples=60)
def test_a_definition_is_needed_exactly_if_a_change_of_it_changes_the_value(
    tmp_path_factory, generated
):
    files, count = generated
    folder = tmp_path_factory.mktemp("program")
    texts = {place: "\n".join(lines) + "\n" for place, lines in files.items()}
    project = Project(folder, texts)
    root, main = count - 1, folder / "nets.py"
    value, needs = _value(main, root), project.needs(f"d{root}")
    for i in range(count):
        place = next(p for p, lines in files.items() if any(_defines(x, i) for x in lines))
        changed = [
            x.replace(f"{10**i}", f"{2 * 10**i}") if _defines(x, i) else x for x in files[place]
        ]
        project.write(place, "\n".join(changed) + "\n")
        assert (project.needs(f"d{root}") != needs) == (_value(main, root) != value), (i, files)
        project.write(place, texts[place])
    assert (project.needs(f"d{root}"), _value(main, root)) == (needs, value)


def _defines(code: str, i: int) -> bool:
    return code.startswith((f"d{i} =", f"def d{i}(", f"class d{i}:", f"class d{i}("))
