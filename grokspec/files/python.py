"""Python that a spec names: ``my_nets.py:SmallCNN``, a class or a function and where it is.

Reading a spec runs none of it: whether a file has a class of that name, and what arguments that
takes, is read from its text. The file is run when what it defines is needed, by `PythonName.load`,
and only a file that a spec names is ever run.

A file is run as a script is, with its own folder among those that Python imports from, so it may
import the files beside it. Its module has a name of its own that depends on the whole path, so
that two projects may each have a ``train.py``.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import importlib
import importlib.util
import os
import re
import sys
import traceback
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Annotated, Any

from pydantic import AfterValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from grokspec.errors import GrokspecError, suggestion
from grokspec.files.inputs import FileError, InputFile, found_in
from grokspec.files.program import MAIN, Program, parsed, text_of
from grokspec.files.settings import Settings, kept
from grokspec.files.syntax import bound
from grokspec.kinds import Kind, defined_apart, invalid

PREFIX = "grokspec_file_"
"""How the name of a module begins that was run from a file which a spec names."""

ATOMS = frozenset({type(None), bool, int, float, str})
"""The types of most values in a description, which have nothing in them."""

EXAMPLE = '"my_file.py:Name", or "package.module:Name" for what is installed'


class UserCodeError(GrokspecError):
    """An exception in Python that the user wrote, with its traceback from the user's file on."""

    def __init__(self, what: str, where: str = "") -> None:
        super().__init__(f"{what}\n{where}".rstrip())
        self.what, self.where = what, where

    def __reduce__(self) -> tuple[type[UserCodeError], tuple[str, str]]:
        return UserCodeError, (self.what, self.where)  # for pickling

    @classmethod
    def of(cls, error: BaseException, doing: str) -> UserCodeError:
        """An exception that was raised while ``doing`` something with what the user wrote."""
        text = f": {error}" if str(error) else ""
        return cls(f"{doing}: {type(error).__name__}{text}", users_traceback(error))


@dataclass(frozen=True)
class PythonName:
    """A class or a function that a spec names.

    ``text`` is what identifies it wherever the project lies: the name of the file, or the module of
    something installed, and the name in it. ``path`` is the absolute path of a file, else None.
    """

    text: str
    name: str
    path: Path | None = field(default=None)

    @classmethod
    def find(cls, written: str, folder: Path | None = None) -> PythonName:
        """What a text names; a file is relative to the folder, by default the working directory.

        Raises a FileError if there is no such file, or it is no Python, or lacks the name. Whether
        something installed has the name shows when it is loaded.
        """
        place, _, name = written.rpartition(":")
        if not place or not all(part.isidentifier() for part in name.split(".")):
            raise FileError(Path(written), f"names no class or function; write {EXAMPLE}")
        if not place.endswith(".py"):
            if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", place):
                raise FileError(Path(place), f"is neither a .py file nor a module; write {EXAMPLE}")
            return cls(f"{place}:{name}", name)
        path = InputFile.find(place, folder).path
        found = cls(f"{path.name}:{name}", name, path)
        found.definition()
        return found

    def __str__(self) -> str:
        return self.text

    @property
    def module(self) -> str:
        """The name of its module, in every process of this machine."""
        return module_of(self.path) if self.path else self.text.rpartition(":")[0]

    def load(self) -> Any:
        """The class or function itself. Runs the file, or imports the module.

        Raises a UserCodeError with the traceback if that raises an exception.
        """
        found: Any = run_file(self.path) if self.path else _imported(self.module)
        for part in self.name.split("."):
            if not hasattr(found, part):
                known = [name for name in vars(found) if not name.startswith("_")]
                raise FileError(
                    Path(self.text), f"has no {part}; {suggestion(part, known, 'it is empty')}"
                )
            found = getattr(found, part)
        return found

    def definition(self) -> ast.stmt | None:
        """The statement of the file that defines it, without running anything.

        None for something installed. Raises a FileError if no statement does.
        """
        if self.path is None:
            return None
        first = self.name.partition(".")[0]
        statements = parsed(text_of(self.path), self.path)
        defining = {name: node for node in statements for name in bound(node)}
        if first not in defining and "*" not in defining:
            known = [name for name in defining if not name.startswith("_")]
            remedy = suggestion(first, known, none="it defines nothing")
            raise FileError(self.path, f"defines no {first}; {remedy}")
        return defining.get(first)

    def parameters(self) -> Parameters | None:
        """What may be given to it by name, without running anything; None if that does not show.

        Of a class these are the parameters of its own ``__init__``, without ``self``.
        """
        node = self.definition()
        if isinstance(node, ast.ClassDef) and "." not in self.name:
            own = {n.name: n for n in node.body if isinstance(n, ast.FunctionDef)}
            if node.decorator_list or "__init__" not in own:
                return None
            return Parameters.of(own["__init__"].args, without_first=True)
        if isinstance(node, ast.FunctionDef) and not node.decorator_list:
            return Parameters.of(node.args)
        return None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validated,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda named: named.text, when_used="json"
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^.+:[^\W\d][\w.]*$"}

    @classmethod
    def _validated(cls, value: Any) -> PythonName:
        if isinstance(value, PythonName):
            return value
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "must be text in quotes")
        try:
            return cls.find(value, getattr(value, "folder", None))
        except FileError as error:
            raise invalid(f"{error.path.name}: {error.reason}") from None


Arguments = Annotated[dict[str, Any], AfterValidator(lambda given: _plain(given))]
"""The type of a field for what a class or a function is called with, by name."""


@dataclass(frozen=True)
class Parameters:
    """The names of what a function takes."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    takes_any: bool
    """Whether it takes further names (``**kwargs``)."""

    @classmethod
    def of(cls, written: ast.arguments, without_first: bool = False) -> Parameters:
        """The parameters that can be given by name."""
        plain = written.args[len(written.posonlyargs) == 0 and without_first :]
        split = len(plain) - min(len(written.defaults), len(plain))
        named = list(zip(written.kwonlyargs, written.kw_defaults, strict=True))
        return cls(
            (*(a.arg for a in plain[:split]), *(a.arg for a, d in named if d is None)),
            (*(a.arg for a in plain[split:]), *(a.arg for a, d in named if d is not None)),
            written.kwarg is not None,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, those that must be given first."""
        return (*self.required, *self.optional)


def check_arguments(
    named: PythonName, arguments: dict[str, Any], provided: Container[str] = ()
) -> None:
    """Raise an error for a validator if names of arguments are unknown or missing.

    That is looked up in the text of the file. ``provided`` are those that grokspec gives. The
    arguments are taken to be in the field "arguments" of their table.
    """
    for name in arguments:
        if name in provided:
            raise invalid(f"grokspec gives {name}; remove it here", "arguments", name)
    if (found := named.parameters()) is None:
        return
    for name in arguments:
        if name not in found.names and not found.takes_any:
            known = [known for known in found.names if known not in provided]
            remedy = suggestion(name, known, none="it takes none")
            raise invalid(f"{named} takes no such argument; {remedy}", "arguments", name)
    if missing := [n for n in found.required if n not in arguments and n not in provided]:
        given = ", ".join(f"{name} = …" for name in missing)
        raise invalid(
            f"{named} needs {', '.join(missing)}; write arguments = {{ {given} }}",
            *(("arguments",) if arguments else ()),
        )


def _plain(value: Any) -> Any:
    """A value as Python has it, without what a spec knows of its texts."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, str) else value


def named_in(value: Any) -> Iterator[PythonName]:
    """The classes and functions that a value of a field names, and the values in it."""
    return found_in(value, PythonName)


def module_of(path: Path) -> str:
    """The name of the module of a file: a readable part, and one for the whole path."""
    stem = re.sub(r"\W", "_", path.stem)
    return f"{PREFIX}{stem}_{hashlib.sha256(os.path.realpath(path).encode()).hexdigest()[:8]}"


def file_of(module: str) -> Path | None:
    """The file of a module that was run by `run_file`; None for every other module."""
    loaded = _LOADED.get(module)
    return loaded.program.path if loaded else None


def program_as_run(path: Path) -> Program | None:
    """A file and those beside it as they were when this process ran the file; None if it did not.

    Files that it imports later, within its functions, will be compiled from these texts as well.
    """
    loaded = _LOADED.get(module_of(path))
    return loaded.program if loaded else None


def settings_of(path: Path) -> Settings:
    """What a file set for the whole process when this process ran it."""
    loaded = _LOADED.get(module_of(path))
    return loaded.settings if loaded else {}


@dataclass(frozen=True)
class _Loaded:
    """A file that was run: the program as it was then, its module, and what it set for itself."""

    program: Program
    module: ModuleType
    settings: Settings


_LOADED: dict[str, _Loaded] = {}


def run_file(path: Path) -> ModuleType:
    """The module of a file, which is run unless it was and has not changed since.

    What it sets for the whole process, see `settings`, is undone.

    Raises a FileError if it cannot be read or is no Python, and a UserCodeError with the traceback
    if it raises an exception.
    """
    name = module_of(path)
    loaded = _LOADED.get(name)
    if loaded is not None and loaded.program.is_current:
        loaded.program.become_present()
        return loaded.module
    program = Program.read(path)
    program.become_present()
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_file_location(name, path)  # type: ignore[arg-type]
    )
    sys.modules[name] = module
    try:
        with defined_apart(), kept() as settings:
            exec(compile(program.texts[MAIN], str(path), "exec"), module.__dict__)
        program.check_imported()
    except BaseException as error:
        del sys.modules[name]
        _LOADED.pop(name, None)
        if isinstance(error, FileError | UserCodeError | KeyboardInterrupt):
            raise
        if isinstance(error, GrokspecError):
            raise _placed(error, program) from error
        raise UserCodeError.of(error, f"{path.name} could not be run") from error
    _LOADED[name] = _Loaded(program, module, settings)
    return module


@dataclass(frozen=True)
class KindInFile:
    """Where a kind is that a Python file defines or imports: the name there, and the file's hash.

    It can be sent to a process that trains.
    """

    path: Path
    name: str
    digest: str

    def __call__(self) -> type[Kind]:
        """The kind. Runs the file, unless this process has run it.

        Raises a FileError if it, or a file beside it, has changed since the spec was read.
        """
        loaded = _LOADED.get(module_of(self.path))
        if loaded is None or loaded.program.digest != self.digest:
            run_file(self.path)
            loaded = _LOADED[module_of(self.path)]
        self.require(loaded.program)
        loaded.program.become_present()
        kind: type[Kind] = getattr(loaded.module, self.name)
        kind.origin = self
        return kind

    def require(self, program: Program) -> None:
        """Raise a FileError if the program is another than that which defined the kind."""
        if program.digest != self.digest:
            raise FileError(
                self.path,
                "has changed since the spec that names it was read, or a file that it imports has; "
                "run again",
            )


def _placed(error: GrokspecError, program: Program) -> FileError:
    """A mistake at the last line of the program's files that led to it."""
    files = {str(file): file for file in program.files.values()}
    steps = [s for s in traceback.extract_tb(error.__traceback__) if s.filename in files]
    return FileError(files[steps[-1].filename], f"line {steps[-1].lineno}: {error}")


@contextlib.contextmanager
def users_code(doing: str) -> Iterator[None]:
    """Turn exceptions within into UserCodeErrors, but not those of grokspec or of full memory."""
    try:
        yield
    except (GrokspecError, MemoryError):
        raise
    except Exception as error:
        if type(error).__name__ == "OutOfMemoryError":  # torch's
            raise
        raise UserCodeError.of(error, doing) from error


def users_traceback(error: BaseException) -> str:
    """The traceback of an exception from the first line that the user wrote on; else empty."""
    own = str(Path(__file__).parents[1]) + os.sep
    step: TracebackType | None = error.__traceback__
    while step is not None and _is_ours(step.tb_frame.f_code.co_filename, own):
        step = step.tb_next
    if step is None:
        return ""
    lines = traceback.format_exception(type(error), error, step)
    return "".join(lines).rstrip()


def _is_ours(file: str, own: str) -> bool:
    """Whether a file is of grokspec, torch or Python's importing."""
    between = (f"{os.sep}torch{os.sep}", f"{os.sep}importlib{os.sep}")
    return file.startswith((own, "<frozen")) or any(part in file for part in between)


def _imported(module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and module.startswith(f"{error.name}"):
            raise FileError(Path(module), "no such module; install it, or name a file") from None
        raise UserCodeError.of(error, f"{module} could not be imported") from error
