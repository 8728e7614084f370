"""Finding one's way in the schema: what may stand at a place of a spec."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from grokspec.kinds import Kind
from grokspec.spec.source import KeyPath


@dataclass(frozen=True)
class Spot:
    """A place of a spec: the path to it, what stands there, and what the schema expects."""

    path: KeyPath
    value: Any
    expected: Any

    @property
    def family(self) -> type[Kind] | None:
        """The family of kinds of which one is expected here, if it is one."""
        for option in _options(self.expected):
            if isinstance(option, type) and issubclass(option, Kind) and option.family:
                return option
        return None

    @property
    def table(self) -> type[BaseModel] | None:
        """The model of the table that stands here; of several, the one whose fields fit best."""
        if (family := self.family) is not None and family is self.expected_class:
            return family.alternatives.get(_kind_of(self.value))
        models = [o for o in _options(self.expected) if _is_model(o)]
        keys = set(self.value) if isinstance(self.value, dict) else set()
        return max(models, key=lambda m: len(keys & fields_of(m).keys()), default=None)
