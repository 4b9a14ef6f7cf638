# SPDX-License-Identifier: Apache-2.0
"""Choosing photos before their download: filters and key frames, against the plain way, then on 16 million rows.

The plain way is that of pandas: the frame cut to the mask of each filter before the next one, and a Python loop along
each group of a sequence.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

from benchmarks.measure import peak_memory_mb
from offline_tools.curate.filters import apply_recipe, count_yields, load_recipe, open_table, passed, sift
from offline_tools.curate.filters.rules import OneOf
from offline_tools.curate.keyframes import keyframes, select

RECIPE = "mia"
ORIGIN = (-79.99, 40.44)
LENGTH = 80  # photos of a sequence
PIECE = 1_000_000  # rows that are made at a time
TARGET_RATIO, TARGET_GB = 5.0, 6.0


def main() -> int:
    """Exit status 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.curation", description=__doc__)
    parser.add_argument("--rows", type=int, default=16_000_000, help="of the large table")
    parser.add_argument("--rounds", type=int, default=3, help="of the comparison; the fastest counts")
    options, _ = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        large = _write(Path(folder) / "large", options.rows)
        good = _large(large, Path(folder) / "kept.parquet", options.rows)
    good &= _against_plain(options.rounds)
    return 0 if good else 1


def _against_plain(rounds: int) -> bool:
    table = _piece(0, PIECE)
    plain_table = pd.DataFrame({name: column.to_numpy() for name, column in table.to_dict().items()})
    print(f"\nThe same on {PIECE:,} rows in memory, seconds, the fastest of {rounds}:")
    print(f"{'':>12} {'plain':>8} {'ours':>8} {'ratio':>7}")
    seconds, kept = [], _plain_filters(plain_table)
    ours_kept = table.filter(pl.col("id").is_in(apply_recipe(RECIPE, table)[-1][1]))
    assert list(kept["id"]) == ours_kept["id"].to_list()
    assert _plain_keyframes(kept) == keyframes(ours_kept, ORIGIN)
    for name, plain, ours in (
        ("filters", partial(_plain_filters, plain_table), partial(_filtered, table)),
        ("key frames", partial(_plain_keyframes, kept), partial(keyframes, ours_kept, ORIGIN)),
    ):
        pairs = [(_seconds(plain), _seconds(ours)) for _ in range(rounds)]
        seconds.append([min(column) for column in zip(*pairs, strict=True)])
        _line(name, *seconds[-1])
    slow, fast = (sum(column) for column in zip(*seconds, strict=True))
    _line("together", slow, fast)
    good = slow / fast >= TARGET_RATIO
    print(f"Target: {TARGET_RATIO:g} times as fast, together: {_word(good)}")
    return good


def _filtered(table: pl.DataFrame) -> pl.DataFrame:
    recipe = load_recipe(RECIPE)
    frame, columns = open_table(table)
    return frame.filter(passed(recipe, columns) == len(recipe.filters)).collect(engine="streaming")


def _large(folder: Path, out: Path, rows: int) -> bool:
    print(f"Filters ({RECIPE}) and key frames on {rows:,} rows in Parquet, from disk to disk:")
    counting = _seconds(lambda: count_yields(RECIPE, folder))
    sifting = _seconds(lambda: sift(RECIPE, folder, out))
    chosen: list[int] = []
    choosing = _seconds(lambda: chosen.append(len(select(out, ORIGIN).rows)))
    every = _seconds(lambda: chosen.append(len(select(folder, ORIGIN).rows)))
    memory = peak_memory_mb() / 1024
    kept = count_yields(RECIPE, out).rows
    print(f"  yields alone {counting:.1f} s; yields and the {kept:,} rows that stay {sifting:.1f} s")
    print(f"  key frames of these {choosing:.1f} s ({chosen[0]:,}); of all rows {every:.1f} s ({chosen[1]:,})")
    good = memory <= TARGET_GB
    print(f"  memory at the most {memory:.2f} GB; target: {TARGET_GB:g} GB for 16 million: {_word(good)}")
    return good


def _plain_filters(table: pd.DataFrame) -> pd.DataFrame:
    """The published recipe, filter by filter."""
    lists = {rule.column: set(rule.values) for rule in load_recipe(RECIPE).filters if isinstance(rule, OneOf)}
    required = ["thumb_2048_url", "computed_geometry.coordinates", "sfm_cluster.id"]
    masks: list[Callable[[pd.DataFrame], pd.Series]] = [
        lambda rows: rows[required].notna().all(axis=1),
        lambda rows: rows["captured_at"] >= 1_483_228_800_000,
        lambda rows: rows["model"].isin(lists["model"]),
        lambda rows: rows["camera_type"].isin(lists["camera_type"]),
        lambda rows: ((rows["computed_compass_angle"] - rows["compass_angle"] + 180) % 360 - 180).abs() < 20,
        lambda rows: _plain_metres(rows) < 3,
        lambda rows: rows["exif_orientation"] == 1,
    ]
    for mask in masks:
        table = table[mask(table)]
    return table


def _plain_metres(rows: pd.DataFrame) -> pd.Series:
    lon, lat = np.radians(rows["geometry.long"]), np.radians(rows["geometry.lat"])
    other_lon, other_lat = np.radians(rows["computed_geometry.long"]), np.radians(rows["computed_geometry.lat"])
    sine2 = np.sin((other_lat - lat) / 2) ** 2 + np.cos(lat) * np.cos(other_lat) * np.sin((other_lon - lon) / 2) ** 2
    return 2 * 6_378_137 * np.arcsin(np.sqrt(sine2))


def _plain_keyframes(table: pd.DataFrame) -> list[str]:
    return [id_ for _, drive in table.groupby("sequence", sort=True) for id_ in _plain_walk(drive)]


def _plain_walk(drive: pd.DataFrame) -> list[str]:
    drive = drive.sort_values("captured_at", kind="stable")
    names = ("computed_geometry.long", "computed_geometry.lat", "computed_altitude")
    ids, positions = drive["id"].to_numpy(), _plain_positions(*(drive[name].to_numpy() for name in names))
    kept, path = [ids[0]], 0.0
    for place in range(1, len(ids)):
        path += np.linalg.norm(positions[place] - positions[place - 1])
        if path >= 4:
            kept.append(ids[place])
            path = 0.0
    return kept


def _plain_positions(lon: np.ndarray, lat: np.ndarray, altitude: np.ndarray) -> np.ndarray:
    """From the Earth's centre: distances are those of any other frame."""
    lon, lat, ratio = np.radians(lon), np.radians(lat), 6.69437999014e-3
    bend = 6_378_137 / np.sqrt(1 - ratio * np.sin(lat) ** 2)
    out = (bend + altitude) * np.cos(lat)
    return np.stack([out * np.cos(lon), out * np.sin(lon), (bend * (1 - ratio) + altitude) * np.sin(lat)], axis=1)


def _write(folder: Path, rows: int) -> Path:
    folder.mkdir()
    for number, first in enumerate(range(0, rows, PIECE)):
        _piece(number, min(PIECE, rows - first)).write_parquet(folder / f"{number:04}.parquet")
    return folder


def _piece(seed: int, rows: int) -> pl.DataFrame:
    """Drives of LENGTH photos around ORIGIN, as the published table has them: a filter keeps 60 to 95 % of them."""
    random = np.random.default_rng(seed)
    sequence = np.arange(rows) // LENGTH
    step = np.arange(rows) % LENGTH
    drives = int(sequence[-1]) + 1
    heading = random.uniform(0, 360, drives)[sequence]
    metres = random.uniform(1, 8, drives)[sequence] * step
    scale = 111_195 * np.cos(np.radians(ORIGIN[1]))
    lon = ORIGIN[0] + random.uniform(-0.1, 0.1, drives)[sequence] + metres * np.sin(np.radians(heading)) / scale
    lat = ORIGIN[1] + random.uniform(-0.1, 0.1, drives)[sequence] + metres * np.cos(np.radians(heading)) / 111_195
    start = random.integers(1_420_000_000_000, 1_730_000_000_000, drives)[sequence]
    off = random.normal(0, 1.5 / 111_195, (2, rows))
    models = np.array(["iphone11", "gopromax", "hdr-as300", "sm-g970u", "pixel4", "hero8black", "sm-g998b"], object)
    kinds = np.array(["perspective"] * 6 + ["fisheye"] * 2 + ["spherical"] * 2, object)
    return pl.DataFrame(
        {
            "id": (random.permutation(rows) + 1_000_000_000_000_000 + seed * rows).astype(str),
            "sequence": [f"drive{seed:04}{number:08}abcdefgh" for number in sequence],
            "captured_at": start + 1000 * step,
            "thumb_2048_url": _with_holes([f"https://photos.example/{number}.jpg" for number in range(rows)], random),
            "sfm_cluster.id": _with_holes(random.integers(10**15, 10**16, rows).astype(str).tolist(), random),
            "model": models[random.integers(len(models), size=drives)[sequence]].tolist(),
            "camera_type": kinds[random.integers(len(kinds), size=drives)[sequence]].tolist(),
            "exif_orientation": random.choice([1.0, 1.0, 1.0, 1.0, 1.0, 6.0], rows),
            "compass_angle": heading,
            "computed_compass_angle": (heading + random.normal(0, 12, rows)) % 360,
            "geometry.long": lon + off[0],
            "geometry.lat": lat + off[1],
            "computed_geometry.coordinates": np.stack([lon, lat], axis=1),
            "computed_geometry.long": lon,
            "computed_geometry.lat": lat,
            "computed_altitude": random.normal(2, 0.1, rows),
        }
    ).with_columns(pl.col("computed_geometry.coordinates").arr.to_list())


def _with_holes(texts: list[str], random: np.random.Generator) -> list[str | None]:
    holes = random.random(len(texts)) < 0.05
    return [None if hole else text for hole, text in zip(holes, texts, strict=True)]


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _line(name: str, plain: float, ours: float) -> None:
    print(f"{name:>12} {plain:8.2f} {ours:8.3f} {plain / ours:7.1f}")


def _word(good: bool) -> str:
    return "met" if good else "MISSED"


if __name__ == "__main__":
    sys.exit(main())
