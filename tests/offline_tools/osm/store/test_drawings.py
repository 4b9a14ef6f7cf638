# SPDX-License-Identifier: Apache-2.0
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from offline_tools.osm.elements import Elements
from offline_tools.osm.shapes import Shapes
from offline_tools.osm.store import MapStore
from offline_tools.osm.store.blocks import Blocks
from offline_tools.osm.store.drawings import Drawings
from offline_tools.osm.store.grid import Box
from offline_tools.osm.store.manifest import read_manifest
from offline_tools.osm.store.shape_files import drawing_name
from tests.offline_tools.osm.store.random_maps import RandomMap, random_map

SMALL = Box.of((2.411, 48.411, 2.413, 48.413))
LARGE = Box.of((2.35, 48.35, 2.5, 48.5))


class Lines:
    """A drawing of every way as a line, which counts how often it was made."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, elements: Elements) -> Shapes:
        self.made += 1
        ways = elements.ways
        count = len(ways.ids)
        points = np.stack([ways.lon, ways.lat], axis=1) / 1e7
        low, high = (cut.reduceat(points, ways.starts[:-1]) for cut in (np.minimum, np.maximum))
        few, pens = np.zeros(count, np.uint8), np.ones(count, np.float32)
        return Shapes(
            origin=(0.0, 0.0),
            points=points,
            line_starts=ways.starts,
            shape_starts=np.arange(count + 1),
            channel=few,
            kind=few + 1,
            ground_width=np.zeros(count),
            pen=pens,
            cap=few,
            join=few,
            dash=np.zeros((count, 2), np.float32),
            bounds=np.concatenate([low, high], axis=1),
        )


@pytest.fixture
def made(tmp_path: Path) -> RandomMap:
    return random_map(tmp_path / "map.osm", seed=3, ways=400)


@pytest.fixture
def folder(made: RandomMap, tmp_path: Path) -> Path:
    return MapStore.open(made.path, folder=tmp_path / "store").folder


def drawings(folder: Path) -> Drawings:
    """As another process would have them: with nothing in memory."""
    return Drawings(folder / "shapes", Blocks(folder / "blocks", read_manifest(folder).blocks))


def same(one: Shapes, other: Shapes) -> bool:
    return all(np.array_equal(getattr(one, field.name), getattr(other, field.name)) for field in fields(Shapes))


def test_block_is_compiled_once_and_kept_on_disk(folder: Path) -> None:
    lines = Lines()
    first = drawings(folder).shapes("plain", SMALL, lines)
    second = drawings(folder).shapes("plain", SMALL, lines)
    assert lines.made == 1 and same(first, second)


def test_block_in_memory_is_the_same_object(folder: Path) -> None:
    ours, lines = drawings(folder), Lines()
    assert ours.shapes("plain", SMALL, lines) is ours.shapes("plain", Box.of((2.415, 48.415, 2.416, 48.416)), lines)


def test_other_drawing_is_compiled_by_itself(folder: Path) -> None:
    ours, lines = drawings(folder), Lines()
    ours.shapes("plain", SMALL, lines)
    ours.shapes("other", SMALL, lines)
    assert lines.made == 2


def test_block_has_every_way_within_its_margin(folder: Path, made: RandomMap) -> None:
    """The block of SMALL is 2.40 to 2.45 E, 48.40 to 48.45 N; 400 m are 0.0036 and 0.0054 degrees there."""
    shapes = drawings(folder).shapes("plain", SMALL, Lines())
    near, _, _ = made.touching((2.3947, 48.3965, 2.4553, 48.4535))
    far, _, _ = made.touching((2.38, 48.39, 2.47, 48.46))
    assert len(near) <= len(shapes.kind) < len(far)


def test_box_larger_than_a_block_has_every_way_and_stays_off_the_disk(folder: Path, made: RandomMap) -> None:
    ours, lines = drawings(folder), Lines()
    shapes = ours.shapes("plain", LARGE, lines)
    assert ours.shapes("plain", LARGE, lines) is shapes
    inside, _, _ = made.touching((2.35, 48.35, 2.5, 48.5))
    around, _, _ = made.touching((2.33, 48.33, 2.52, 48.52))
    assert len(inside) <= len(shapes.kind) <= len(around)
    assert not (folder / "shapes").exists()


@pytest.mark.parametrize("box", [SMALL, LARGE])
def test_columns_are_read_only_and_contiguous_however_they_came(box: Box, folder: Path) -> None:
    """Compiled code would be compiled anew for another kind of array."""
    for ours in (drawings(folder), drawings(folder)):
        shapes = ours.shapes("plain", box, Lines())
        columns = [getattr(shapes, field.name) for field in fields(Shapes) if field.name != "origin"]
        assert all(type(column) is np.ndarray for column in columns)
        assert all(not column.flags.writeable and column.flags.c_contiguous for column in columns)


@pytest.mark.parametrize("damage", ["gone", "short", "pickled"])
def test_damaged_shapes_are_compiled_again(damage: str, folder: Path) -> None:
    lines = Lines()
    first = drawings(folder).shapes("plain", SMALL, lines)
    (points,) = (folder / "shapes").glob("plain/*/points.npy")
    points.unlink()
    if damage == "short":
        points.write_bytes(b"\x93NUMPY")
    if damage == "pickled":
        np.save(points, np.array([{}], object), allow_pickle=True)
    assert same(drawings(folder).shapes("plain", SMALL, lines), first)
    drawings(folder).shapes("plain", SMALL, lines)
    assert lines.made == 2


def test_store_that_cannot_be_written_still_draws(folder: Path) -> None:
    (folder / "shapes").write_text("no folder")
    assert len(drawings(folder).shapes("plain", SMALL, Lines()).kind)


def test_place_without_anything_leaves_nothing_on_disk(folder: Path) -> None:
    def empty(elements: Elements) -> Shapes:
        assert not len(elements.ways.ids)
        none, few, pens = np.zeros((0, 2)), np.zeros(0, np.uint8), np.zeros(0, np.float32)
        starts, dash = np.zeros(1, np.int64), np.zeros((0, 2), np.float32)
        return Shapes((0.0, 0.0), none, starts, starts, few, few, none[:, 0], pens, few, few, dash, np.zeros((0, 4)))

    shapes = drawings(folder).shapes("plain", Box.of((20, 10, 20.001, 10.001)), empty)
    assert not len(shapes.kind) and not (folder / "shapes").exists()


def test_name_of_a_drawing_stands_for_all_that_it_depends_on() -> None:
    names = {
        drawing_name(style, digest, infer, side)
        for style in ("mia", "../navigation")
        for digest in ("a", "b")
        for infer in (True, False)
        for side in ("right", "left")
    }
    assert len(names) == 16
    assert not any("/" in name or "." in name for name in names)
