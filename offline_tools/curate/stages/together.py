# SPDX-License-Identifier: Apache-2.0
"""The stages after the last location: the split, and what the data set says of itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from offline_tools.curate.config import Config
from offline_tools.curate.paths import STATE, Paths
from offline_tools.curate.stages.record import Record, key_of, outputs_of, read_record
from offline_tools.curate.stages.stage import Outcome
from offline_tools.dataset.files import make_folder, remove_parts
from offline_tools.dataset.layout import SPLIT
from offline_tools.errors import DatasetError, TrainingError
from offline_tools.training.splits.making import MADE as SPLIT_MADE


class Together(ABC):
    """A step for all locations at once."""

    name: ClassVar[str]

    @abstractmethod
    def settings(self, config: Config) -> Any:
        """The part of the configuration that decides what comes out."""

    @abstractmethod
    def outputs(self, config: Config) -> list[Path]:
        """The files that it writes."""

    @abstractmethod
    def work(self, config: Config) -> Outcome:
        """Do it."""

    def before(self, config: Config) -> dict[str, Path]:
        """Records of what it works on."""
        return {f"{place.name}/maps": Paths(config.out, place.name).record("maps") for place in config.locations}

    def record(self, config: Config) -> Path:
        """What it says when it is finished."""
        return config.out / STATE / f"{self.name}.json"

    def key(self, config: Config) -> str:
        """Now; refuses where a stage before it is not finished."""
        found: dict[str, Record] = {}
        for name, path in self.before(config).items():
            record = read_record(path)
            if record is None:
                raise DatasetError(f"{self.name} needs {name}, which is not finished")
            found[name] = record
        return key_of(self.name, self.settings(config), found)

    def finished(self, config: Config, key: str) -> Record | None:
        """What it said when it was finished, if that still holds."""
        record = read_record(self.record(config))
        if record is None or record.key != key:
            return None
        return record if all((config.out / name).exists() for name in record.outputs) else None

    def run(self, config: Config, key: str) -> Record:
        """Do it, and say so."""
        path = self.record(config)
        remove_parts(config.out)
        remove_parts(make_folder(path.parent))
        path.unlink(missing_ok=True)
        outcome = self.work(config)
        made = outputs_of([path for path in self.outputs(config) if path.exists()], [])
        record = Record(key=key, units=outcome.units, rows=outcome.rows, counts=dict(outcome.counts), outputs=made)
        record.write(path)
        return record


class Splits(Together):
    """As `mia splits` makes them, of the locations of the configuration.

    A place too small for a split that nobody asked for is a data set all the same.
    """

    name = "splits"

    def settings(self, config: Config) -> Any:
        return config.split.model_dump()

    def outputs(self, config: Config) -> list[Path]:
        return [] if config.split.none else [config.out / name for name in (SPLIT, SPLIT_MADE)]

    def work(self, config: Config) -> Outcome:
        from offline_tools.dataset import KINDS, Dataset
        from offline_tools.dataset.location import Location
        from offline_tools.training.splits import SplitPlan, write_made_split

        if config.split.none:
            return Outcome(1, 0)
        names = sorted(place.name for place in config.locations)
        data = Dataset(config.out, {name: Location(config.out / name, KINDS) for name in names})
        wanted = config.split
        plan = SplitPlan(wanted.block, wanted.gap, wanted.shares, wanted.seed, wanted.test_locations)
        try:
            made, _ = write_made_split(data, plan, overwrite=True)
        except TrainingError as error:
            if wanted.model_fields_set:
                raise DatasetError(f"{error} (keys of 'split' in the configuration; none: true makes none)") from error
            for path in self.outputs(config):
                path.unlink(missing_ok=True)  # of what was there before
            return Outcome(1, 0, {"problem": str(error)})
        parts = {part: sum(map(len, places.values())) for part, places in made.parts.items()}
        return Outcome(1, sum(parts.values()), {**parts, "left_out": dict(made.left_out)})


class Statistics(Together):
    """Figures, attribution, the data sheet and the page."""

    name = "statistics"

    def settings(self, config: Config) -> Any:
        """All of it, as the data sheet tells of it, but for what changes nothing in the data set."""
        return config.model_dump(mode="json", exclude={"out", "services", "token_file", "workers", "contact"})

    def outputs(self, config: Config) -> list[Path]:
        names = ("statistics.json", "DATASHEET.md", "ATTRIBUTION.md", "attribution.parquet", "gallery.html")
        return [config.out / name for name in names]

    def before(self, config: Config) -> dict[str, Path]:
        return {**super().before(config), "splits": config.out / STATE / "splits.json"}

    def work(self, config: Config) -> Outcome:
        from offline_tools.curate.product.attribution import write_attribution
        from offline_tools.curate.product.datasheet import write_datasheet
        from offline_tools.curate.product.page import write_page
        from offline_tools.curate.product.statistics import statistics

        names = [place.name for place in config.locations]
        facts = statistics(config.out, names, config.recipe)
        write_attribution(config.out, names)
        write_datasheet(config.out, facts)
        write_page(config.out)
        total = facts["total"]
        return Outcome(1, total["steps"]["samples"], {"steps": total["steps"], "area_km2": total["area_km2"]})
