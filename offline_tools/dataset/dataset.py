# SPDX-License-Identifier: Apache-2.0
"""Dataset: the locations below a folder, their samples, and the split into training, validation and test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from offline_tools.dataset.files import read_json
from offline_tools.dataset.layout import KINDS, SPLIT, Kind
from offline_tools.dataset.location import Location, is_location
from offline_tools.dataset.sample import Sample
from offline_tools.errors import DatasetError

Split = Mapping[str, Mapping[str, Sequence[str]]]


class Dataset:
    """Make one with `open`. Folders are listed once then; no file of a sample is read before it is asked for."""

    def __init__(self, root: Path, locations: Mapping[str, Location]) -> None:
        self.root = root
        self._locations = dict(locations)

    @classmethod
    def open(cls, root: str | Path, needs: Sequence[Kind] = KINDS) -> Dataset:
        """The data set below `root`; a sample that lacks one of `needs` counts as incomplete."""
        path = Path(root)
        if not path.is_dir():
            raise DatasetError(f"data set {path}: no such folder")
        folders = sorted(folder for folder in path.iterdir() if is_location(folder))
        if not folders:
            names = " or ".join(kind.folders[0] for kind in KINDS)
            raise DatasetError(f"data set {path}: holds no location, which is a folder with {names} in it")
        return cls(path, {folder.name: Location(folder, needs) for folder in folders})

    def __len__(self) -> int:
        return sum(len(location.ids) for location in self._locations.values())

    def __iter__(self) -> Iterator[Sample]:
        return (location.sample(id_) for location in self._locations.values() for id_ in location.ids)

    @property
    def locations(self) -> tuple[str, ...]:
        """Names, sorted."""
        return tuple(self._locations)

    def ids(self, location: str) -> Sequence[str]:
        """The samples of a location that are complete; whole numbers are sorted as numbers."""
        return self._location(location).ids

    def incomplete(self, location: str) -> Mapping[str, tuple[str, ...]]:
        """What is missing of the samples of a location that are not complete, by id."""
        return self._location(location).incomplete

    @property
    def missing(self) -> dict[str, int]:
        """How many samples are incomplete, by reason."""
        total: Counter[str] = Counter()
        for location in self._locations.values():
            total.update(location.missing)
        return dict(total)

    def sample(self, location: str, id_: str | int) -> Sample:
        """One sample."""
        return self._location(location).sample(str(id_))

    def split(self, name: str) -> list[tuple[str, str]]:
        """(location, id) of the samples of a part of split.json that are complete."""
        parts = self.splits()
        if name not in parts:
            raise DatasetError(f"data set {self.root / SPLIT}: has no part '{name}', only {', '.join(parts)}")
        return [
            (location, id_)
            for location, ids in parts[name].items()
            if location in self._locations
            for id_ in ids
            if self._locations[location].has(id_)
        ]

    def splits(self) -> Split:
        """split.json as it stands, with ids as text: also of samples that are not there, or not complete."""
        path = self.root / SPLIT
        given = read_json(path)
        try:
            return {
                part: {place: [_id(id_) for id_ in ids] for place, ids in places.items()}
                for part, places in given.items()
            }
        except (AttributeError, TypeError) as error:
            raise DatasetError(f"data set {path}: want {{part: {{location: [ids]}}}} ({error})") from error

    def _location(self, name: str) -> Location:
        if name not in self._locations:
            raise DatasetError(f"data set {self.root}: has no location '{name}', only {', '.join(self._locations)}")
        return self._locations[name]


def _id(given: object) -> str:
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise TypeError(f"{given!r} is no id")
    return str(given)
