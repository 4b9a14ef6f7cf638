# SPDX-License-Identifier: Apache-2.0
"""manifest.json of an engine folder: what the network takes and gives, and which files it is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from mia_ros.errors import EngineError
from mia_ros.grid import NETWORK_GRID, GridSpec
from mia_ros.hashing import sha256_of
from mia_ros.shipped import shipped_engines
from mia_ros.taxonomy import CLASS_NAMES

MANIFEST = "manifest.json"
MODEL = "model.onnx"

#: A manifest takes a few kilobytes; what is larger is none.
_LARGEST_MANIFEST = 1 << 20
#: Names under which exporters put weights beside a graph, which would then be read without a check.
_WEIGHT_SUFFIXES = (".data", ".bin", ".weights")

Count = Annotated[int, Field(ge=1, le=1 << 16)]
Share = Annotated[float, Field(ge=0, le=1)]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class EngineGrid(_Part):
    """The grid of the probabilities: rows x columns cells of `resolution` metres."""

    rows: Count
    columns: Count
    resolution: Annotated[float, Field(gt=0)]

    def spec(self) -> GridSpec:
        """As the maps carry it."""
        return GridSpec(self.rows, self.columns, self.resolution)


class EngineInput(_Part):
    """The picture that the network takes: the top left `width` x `height` pixels of the Rectifier's square of `size`.

    A network for wide frames is cut where the square holds no picture. cut_heights: of further graphs of the same
    network, least first, each in its own file; a frame goes to the least that holds it.
    """

    width: Count
    height: Count
    channels: Literal["rgb"]
    size: Count
    cut_heights: tuple[Count, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> EngineInput:
        if max(self.width, self.height) > self.size:
            raise ValueError(f"{self.width} x {self.height} pixels do not fit into the view of size {self.size}")
        if list(self.heights) != sorted(set(self.heights)):
            raise ValueError(f"cut_heights: {list(self.cut_heights)} do not grow, or are not below {self.height}")
        return self

    @property
    def heights(self) -> tuple[int, ...]:
        """Of all graphs, least first."""
        return (*self.cut_heights, self.height)

    def least_height(self, rows: int) -> int:
        """Of the graph for pictures of so many rows; the highest where none holds them."""
        return next((height for height in self.heights if height >= rows), self.height)

    def model_name(self, height: int) -> str:
        """The file of the graph for pictures of one of the heights."""
        return MODEL if height == self.height else f"model_{height}.onnx"


class EngineManifest(_Part):
    """One engine. `files`: SHA-256 of every file it is made of, its graphs (see `EngineInput.model_name`) among them.

    feature_columns: columns of the encoder's output, which bound the network's horizontal frustum. thresholds: per
    class, present where its probability >= its threshold. training: data and state, in words. quality: measured
    scores. verification: errors of this engine against the network it was made from. made_with: versions.
    """

    format: Literal[1]
    name: FileName
    preset: str
    classes: tuple[str, ...]
    thresholds: tuple[Share, Share, Share, Share, Share, Share] = (0.5,) * 6
    grid: EngineGrid
    input: EngineInput
    feature_columns: Count
    precision: Literal["fp32", "fp16", "int8"]
    files: dict[FileName, Sha256]
    licence: str
    training: str
    quality: dict[str, float] = {}
    verification: dict[str, float] = {}
    made_with: dict[str, str] = {}

    @field_validator("classes")
    @classmethod
    def _our_classes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if value != CLASS_NAMES:
            raise ValueError(f"want {', '.join(CLASS_NAMES)}, in this order")
        return value

    @field_validator("grid")
    @classmethod
    def _our_grid(cls, value: EngineGrid) -> EngineGrid:
        ours = NETWORK_GRID
        if value.spec() != ours:
            raise ValueError(f"want rows {ours.rows}, columns {ours.columns}, resolution {ours.resolution}")
        return value

    @field_validator("files")
    @classmethod
    def _with_models(cls, value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        given = info.data.get("input")  # not there if it is wrong itself
        names = [MODEL] if given is None else [given.model_name(height) for height in reversed(given.heights)]
        for name in names:
            if name not in value:
                raise ValueError(f"{name} is not listed")
        return value

    @property
    def model_sha256(self) -> str:
        """SHA-256 of the network's (highest) graph, in lower-case hexadecimal."""
        return self.files[MODEL]

    @classmethod
    def load(cls, path: str | Path) -> EngineManifest:
        """Of an engine folder, or of its manifest.json; every file's hash is checked."""
        file = engine_folder(path) / MANIFEST
        try:
            manifest = cls.model_validate_json(_read(file), strict=True)
        except ValidationError as error:
            raise EngineError(f"engine {file}: {_first_problem(error)}") from error
        manifest.check_files(file.parent)
        return manifest

    def save(self, folder: str | Path) -> Path:
        """Write manifest.json into the engine's folder; never leaves half a file."""
        file = Path(folder) / MANIFEST
        part = file.with_name(MANIFEST + ".part")
        try:
            part.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
            part.replace(file)
        except OSError as error:
            raise EngineError(f"engine {file}: cannot be written: {error.strerror}") from error
        return file

    def check_files(self, folder: Path) -> None:
        """Refuse a folder whose files are not those that the manifest lists."""
        for name, wanted in self.files.items():
            try:
                found = sha256_of(folder / name)
            except OSError as error:
                raise EngineError(f"engine {folder / name}: cannot be read: {error.strerror}") from error
            if found != wanted:
                raise EngineError(
                    f"engine {folder / name}: sha256 is {found}, but {MANIFEST} (files.{name}) says {wanted}; the file "
                    f"is damaged or another one: copy the engine again"
                )
        for path in sorted(folder.iterdir()):
            if path.suffix in _WEIGHT_SUFFIXES and path.name not in self.files:
                raise EngineError(f"engine {path}: not listed in {MANIFEST} (files); remove it, or export again")


def engine_folder(path: str | Path) -> Path:
    """The folder of an engine that is named by its folder, its manifest.json, or as one that comes with the package."""
    path = Path(path)
    if path.name == MANIFEST and path.is_file():
        return path.parent
    if path.is_dir():
        return path
    ours = {folder.name: folder for folder in shipped_engines()}
    if str(path) in ours:
        return ours[str(path)]
    problem = f"is not a {MANIFEST}" if path.exists() else "no such folder"
    known = f", or one of ours: {', '.join(ours)}" if ours else ""
    raise EngineError(f"engine {path}: {problem}; want an engine's folder or its {MANIFEST}{known}")


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(_LARGEST_MANIFEST + 1)
    except OSError as error:
        raise EngineError(f"engine {file}: cannot be read: {error.strerror}; is this an engine's folder?") from error
    if len(content) > _LARGEST_MANIFEST:
        raise EngineError(f"engine {file}: larger than {_LARGEST_MANIFEST} bytes: not a manifest")
    return content


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    field = ".".join(str(part) for part in problem["loc"]) or "the file"
    if problem["type"] == "extra_forbidden":
        return f"unknown key '{field}'; known are {', '.join(_known_keys(problem['loc'][:-1]))}"
    if problem["type"] == "missing":
        return f"'{field}' is missing"
    if problem["type"] == "json_invalid":
        return f"not valid JSON: {problem['msg']}"
    return f"{field}: {_shown(problem['input'])}: {problem['msg'].removeprefix('Value error, ')}"


def _known_keys(place: tuple[int | str, ...]) -> list[str]:
    part: type[_Part] = EngineManifest
    if place:
        part = EngineGrid if place[0] == "grid" else EngineInput
    return list(part.model_fields)


def _shown(value: Any) -> str:
    text = str(value.model_dump()) if isinstance(value, BaseModel) else repr(value)
    return text if len(text) <= 120 else text[:117] + "..."
