# SPDX-License-Identifier: Apache-2.0
"""Parameter: what a field of a configuration says of itself, for declarations, files and documentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

Kind = Literal["bool", "int", "float", "str", "float_list"]

_WANTED = {"bool": "true or false", "int": "a whole number", "float": "a number", "str": "text"}


@dataclass(frozen=True)
class Parameter:
    """One parameter. low, high: its range, both included; choices: all that it may be; empty or None: no such limit.

    dynamic: it may change while the node runs.
    """

    name: str
    kind: Kind
    default: bool | int | float | str | tuple[float, ...]
    description: str
    low: float | None
    high: float | None
    choices: tuple[int | str, ...]
    dynamic: bool

    @property
    def values(self) -> str:
        """Its choices or its range, in words; empty where everything goes."""
        if self.choices:
            return ", ".join(str(choice) for choice in self.choices)
        if self.low is None or self.high is None:
            return ""
        return f"{self.low:.5g} to {self.high:.5g}"

    def markdown(self) -> str:
        """Its row in a table."""
        live = "yes" if self.dynamic else ""
        return f"| `{self.name}` | {self.kind} | {self._shown()} | {self.values} | {live} | {self.description} |"

    def refusal(self, problem: Mapping[str, Any]) -> str:
        """Why a value cannot be taken, from pydantic's account of it."""
        value = repr(problem["input"])
        said = value if len(value) <= 80 else value[:77] + "..."
        if problem["type"] == "value_error":
            return f"{said}: {str(problem['ctx']['error']).removeprefix(self.name + ': ')}"
        if self.choices:
            return f"{said}: want {self.values}"
        wanted = _WANTED.get(self.kind, "a list of numbers")
        return f"{said}: want {wanted}" + (f" from {self.values}" if self.values else "")

    def _shown(self) -> str:
        if isinstance(self.default, bool):
            return f"`{str(self.default).lower()}`"
        if isinstance(self.default, tuple):
            return f"`{list(self.default)}`"
        return f'`"{self.default}"`' if isinstance(self.default, str) else f"`{self.default}`"


def describe(name: str, field: FieldInfo) -> Parameter:
    """The parameter of a configuration's field."""
    facts: Any = field.json_schema_extra
    kind, choices = _kind(field.annotation)
    return Parameter(
        name=name,
        kind=kind,
        default=field.default,
        description=field.description or "",
        low=facts["low"],
        high=facts["high"],
        choices=choices or tuple(facts["choices"]),
        dynamic=facts["dynamic"],
    )


def _kind(annotation: Any) -> tuple[Kind, tuple[int | str, ...]]:
    """The type of a field, and its choices where it is a Literal."""
    if get_origin(annotation) is Literal:
        choices = get_args(annotation)
        return ("int" if isinstance(choices[0], int) else "str"), choices
    if get_origin(annotation) is tuple:
        return "float_list", ()
    kinds: dict[Any, Kind] = {bool: "bool", int: "int", float: "float", str: "str"}
    return kinds[annotation], ()
