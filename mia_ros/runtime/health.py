# SPDX-License-Identifier: Apache-2.0
"""Health: how the mapper is, for diagnostics: rates, ages, times, problems."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from enum import IntEnum
from statistics import median
from threading import RLock
from typing import NamedTuple

from mia_ros.engine.choice import BackendChoice
from mia_ros.runtime.config import MapperConfig
from mia_ros.runtime.levelling import GravityReading
from mia_ros.runtime.watch import Verdict

_WINDOW = 5 * 10**9  # ns over which rates and shares are taken, and for which an error counts as present
_JUMP = 10**9  # ns; by less, threads may overtake each other
_MOST = 5_000  # of anything that is remembered
_STAGE_TIMES = 300

#: Verdicts that say that the camera sees nothing.
_BLIND = ("dark", "bright", "covered", "frozen")
#: What is reported, in this order.
STATUSES = ("input", "gravity", "engine", "output")


class Level(IntEnum):
    """As in diagnostic_msgs/DiagnosticStatus."""

    OK = 0
    WARN = 1
    ERROR = 2
    STALE = 3


OK, WARN, ERROR, STALE = Level


class Status(NamedTuple):
    """One entry of a report."""

    name: str
    level: Level
    message: str
    values: list[tuple[str, str]]


class Health:
    """Tell it what happens, ask it with `report`; from any thread.

    Stamps and `now` in ns of one clock; where that goes back, rates begin anew. Levels: STALE, no image within the
    timeout; ERROR, no map can be made; WARN, maps come, but something is off.
    """

    def __init__(self, config: MapperConfig, now: int) -> None:
        self._timeout = config.timeout
        self._lock = RLock()
        self._kinds: Counter[str] = Counter()
        self._stages: dict[str, deque[float]] = {}
        self._skipped = 0
        self._errors = 0
        self._problems: dict[str, tuple[Level, str]] = {}
        self._gravity: GravityReading | None = None
        self._gravity_counts: dict[str, int] = {}
        self._engine: BackendChoice | None = None
        self._verdicts: deque[tuple[int, Verdict]] = deque(maxlen=_MOST)
        self._last_error: tuple[str, int] | None = None
        self.restart(now)

    def image(self, stamp: int, now: int) -> None:
        """An image came."""
        with self._at(now):
            self._images.add(stamp, now)

    def judged(self, verdict: Verdict, now: int) -> None:
        """What was thought of an image."""
        with self._at(now):
            self._verdicts.append((now, verdict))
            self._kinds[verdict.kind] += 1

    def imu(self, stamp: int, now: int) -> None:
        """A sample of the IMU came."""
        with self._at(now):
            self._imu.add(stamp, now)

    def published(self, stamp: int, now: int) -> None:
        """A map was published; not the one that is unknown everywhere."""
        with self._at(now):
            self._maps.add(stamp, now)

    def skipped(self, total: int) -> None:
        """Images that a newer one replaced before their turn, since the start."""
        with self._lock:
            self._skipped = total

    def stage(self, name: str, ms: float) -> None:
        """How long one stage of a map took."""
        with self._lock:
            self._stages.setdefault(name, deque(maxlen=_STAGE_TIMES)).append(ms)

    def gravity(self, reading: GravityReading | None, counts: Mapping[str, int]) -> None:
        """What gravity was found last, and what became of the IMU's samples."""
        with self._lock:
            self._gravity, self._gravity_counts = reading, dict(counts)

    def engine(self, choice: BackendChoice | None) -> None:
        """What runs the network; None: nothing does."""
        with self._lock:
            self._engine = choice

    def problem(self, key: str, level: Level, line: str | None) -> None:
        """Something is wrong until it is cleared; with None it is cleared.

        key: a status and a name of its own, as in "input.camera_info".
        """
        if key.partition(".")[0] not in STATUSES:
            raise ValueError(f"key: '{key}' begins with none of {', '.join(STATUSES)}")
        with self._lock:
            if line is None:
                self._problems.pop(key, None)
            else:
                self._problems[key] = level, line

    def clear(self, key: str) -> None:
        """It is wrong no more."""
        self.problem(key, Level.OK, None)

    def error(self, line: str, now: int) -> None:
        """Something failed once: a frame that gave no map, for example."""
        with self._at(now):
            self._errors += 1
            self._last_error = line, now

    def restart(self, now: int) -> None:
        """Time jumped: ages and rates begin anew, totals stay."""
        with self._lock:
            self._started: int = now
            self._newest: int = now
            self._images, self._imu, self._maps = _Stream(now), _Stream(now), _Stream(now)
            self._verdicts.clear()
            if self._last_error is not None:
                self._last_error = self._last_error[0], now

    def report(self, now: int) -> list[Status]:
        """How it is now: one Status for each of STATUSES."""
        with self._at(now):
            made = (self._input(now), self._of_gravity(), self._of_engine(), self._output(now))
            return [self._with_problems(status) for status in made]

    def _at(self, now: int) -> RLock:
        """The lock; where time went back, what was of the other time is forgotten first."""
        with self._lock:
            if now < self._newest - _JUMP:
                self.restart(now)
            self._newest = max(self._newest, now)
        return self._lock

    def _with_problems(self, status: Status) -> Status:
        """Its own finding and all problems that belong there, the worst first; the worst is the level."""
        found = [known for key, known in self._problems.items() if key.partition(".")[0] == status.name]
        if status.level > OK:
            found.append((status.level, status.message))
        if not found:
            return status
        found.sort(key=lambda entry: -entry[0])
        message = "; ".join(dict.fromkeys(line for _, line in found))
        return status._replace(level=found[0][0], message=message)

    def _input(self, now: int) -> Status:
        level, message = self._input_level(now)
        values = [
            ("images", str(self._images.total)),
            ("image rate (Hz)", f"{self._images.rate(now):.1f}"),
            ("image age on arrival (ms)", _number(self._images.age())),
            ("seconds since the last image", _number(self._images.silent(now))),
            ("imu samples", str(self._imu.total)),
            ("imu rate (Hz)", f"{self._imu.rate(now):.1f}"),
            ("imu age on arrival (ms)", _number(self._imu.age())),
            ("seconds since the last imu sample", _number(self._imu.silent(now))),
            *((f"images {kind}", str(count)) for kind, count in sorted(self._kinds.items())),
        ]
        return Status("input", level, message, values)

    def _input_level(self, now: int) -> tuple[Level, str]:
        silent = self._images.silent(now)
        if silent is None or silent > self._timeout:
            since = "no image yet; is the topic image right, and its QoS?" if silent is None else "no image"
            waited = (now - self._started) * 1e-9 if silent is None else silent
            return STALE, f"{since} ({waited:.1f} s)"
        recent = [verdict for at, verdict in self._verdicts if _recent(at, now)]
        unused = [verdict for verdict in recent if not verdict.usable]
        if recent and (recent[-1].kind in _BLIND or len(unused) == len(recent)):
            return ERROR, recent[-1].line
        if len(unused) * 2 > len(recent):
            return WARN, f"{len(unused)} of the last {len(recent)} images were of no use; {unused[-1].line}"
        return OK, "images come"

    def _of_gravity(self) -> Status:
        reading = self._gravity
        counts = [(f"imu samples {name}", str(count)) for name, count in sorted(self._gravity_counts.items())]
        if reading is None:
            return Status("gravity", OK, "not known yet", counts)
        values = [
            ("source", reading.source),
            ("sigma (deg)", "not known" if math.isnan(reading.sigma) else f"{math.degrees(reading.sigma):.2f}"),
            ("roll (deg)", f"{math.degrees(reading.gravity.roll):.1f}"),
            ("pitch (deg)", f"{math.degrees(reading.gravity.pitch):.1f}"),
            *counts,
        ]
        return Status("gravity", OK, f"from {reading.source}", values)

    def _of_engine(self) -> Status:
        if self._engine is None:
            return Status("engine", ERROR, "no engine is loaded", [])
        backend, manifest = self._engine.backend, self._engine.backend.manifest
        values = [
            ("name", manifest.name),
            ("backend", backend.name),
            ("runs on", backend.description),
            ("precision", manifest.precision),
            ("training", manifest.training),
            *((f"skipped backend {index}", reason) for index, reason in enumerate(self._engine.reasons, 1)),
        ]
        return Status("engine", OK, f"{manifest.name} on {backend.name}", values)

    def _output(self, now: int) -> Status:
        level, message = self._output_level(now)
        values = [
            ("map rate (Hz)", f"{self._maps.rate(now):.1f}"),
            ("image age at publishing (ms)", _number(self._maps.age())),
            ("seconds since the last map", _number(self._maps.silent(now))),
            *((f"{name} (ms, median / 95 %)", _quantiles(times)) for name, times in self._stages.items()),
            ("images skipped", str(self._skipped)),
            ("errors", str(self._errors)),
        ]
        if self._last_error is not None:
            line, at = self._last_error
            values.append(("last error", f"{line} ({(now - at) * 1e-9:.1f} s ago)"))
        return Status("output", level, message, values)

    def _output_level(self, now: int) -> tuple[Level, str]:
        silent = self._maps.silent(now)
        waited = (now - self._started) * 1e-9 if silent is None else silent
        if waited > max(self._timeout, 3e-3 * sum(median(times) for times in self._stages.values())):
            images = self._images.silent(now)
            if images is None or images > self._timeout:
                return STALE, f"no map for {waited:.1f} s, as there is no image"
            cause = f"; {self._last_error[0]}" if self._last_error is not None else ""
            return ERROR, f"no map for {waited:.1f} s, though images come{cause}"
        if self._last_error is not None and _recent(self._last_error[1], now):
            return WARN, self._last_error[0]
        return OK, "maps come" if silent is not None else "waiting for the first map"


class _Stream:
    """Arrivals of one kind of thing: when, and how old on arrival."""

    def __init__(self, started: int) -> None:
        self.total = 0  # since the start, or since time jumped
        self._started = started
        self._arrived: deque[tuple[int, int]] = deque(maxlen=_MOST)

    def add(self, stamp: int, now: int) -> None:
        self.total += 1
        self._arrived.append((now, now - stamp))

    def rate(self, now: int) -> float:
        """Per second."""
        seconds = min(_WINDOW, max(now - self._started, 10**9)) * 1e-9
        return sum(_recent(at, now) for at, _ in self._arrived) / seconds

    def age(self) -> float | None:
        """Milliseconds, the median of the last ones."""
        if not self._arrived:
            return None
        newest = self._arrived[-1][0]
        return median(age for at, age in self._arrived if _recent(at, newest)) * 1e-6

    def silent(self, now: int) -> float | None:
        """Seconds since the last; None before the first."""
        return (now - self._arrived[-1][0]) * 1e-9 if self._arrived else None


def _recent(at: int, now: int) -> bool:
    return now - at <= _WINDOW


def _number(value: float | None) -> str:
    return "none yet" if value is None else f"{value:.1f}"


def _quantiles(times: Iterable[float]) -> str:
    ordered = sorted(times)
    return f"{median(ordered):.2f} / {ordered[math.ceil(0.95 * len(ordered)) - 1]:.2f}"
