# SPDX-License-Identifier: Apache-2.0
"""Playing a recording at the pace of its own time; what publishes it is in mia_ros.nodes.player."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol

import numpy as np

from mia_ros.bag.reader import RawMessage, Topic
from mia_ros.errors import PlayError

_SLICE = 0.05  # s; the longest sleep, so that a signal ends it soon
_BEHIND = 500_000_000  # ns; from here on it does not keep up
_BIN, _BINS = 100_000, 100_000  # of lateness: 0.1 ms each, up to 10 s


@dataclass(frozen=True)
class PlayPlan:
    """What to play and how. start, end: seconds from the bag's start; clock_hz: per second of the bag, 0 for none."""

    topics: tuple[str, ...] = ()
    remaps: Mapping[str, str] = field(default_factory=dict)
    rate: float = 1.0
    start: float = 0.0
    end: float | None = None
    loop: bool = False
    clock_hz: float = 100.0
    wait_for: tuple[str, ...] = ()
    wait_s: float = 30.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.rate) and self.rate > 0):
            raise PlayError(f"rate: {self.rate:g}, must be above 0; 1 is real time")
        if not 0 <= self.clock_hz <= 10_000:
            raise PlayError(f"clock-hz: {self.clock_hz:g}, must be from 0 (no /clock) to 10000")
        if not (math.isfinite(self.start) and self.start >= 0):
            raise PlayError(f"start: {self.start:g}, must be 0 or more seconds from the bag's start")
        if self.end is not None and not (math.isfinite(self.end) and self.end > self.start):
            raise PlayError(f"end: {self.end:g}, must be after the start at {self.start:g} s")
        if not (math.isfinite(self.wait_s) and self.wait_s >= 0):
            raise PlayError(f"wait-s: {self.wait_s:g}, must be 0 or more seconds")

    @property
    def tick(self) -> int:
        """Nanoseconds of the bag between two messages on /clock; 0: no /clock."""
        return round(1e9 / self.clock_hz) if self.clock_hz else 0


class Recording(Protocol):
    """What can be played: a bag, or what is made while it plays."""

    @property
    def title(self) -> str:
        """For the one who looks on."""

    @property
    def start(self) -> int:
        """Nanoseconds."""

    @property
    def end(self) -> int:
        """One past the last."""

    @property
    def topics(self) -> dict[str, Topic]:
        """By name."""

    def fields(self, kind: str) -> list[str]:
        """Names of the fields of a message type, as the recording defines it."""

    def raw(
        self, topics: Iterable[str] | None = None, start: int | None = None, stop: int | None = None
    ) -> Iterator[RawMessage]:
        """Messages in the order of time, of all topics or of some; start <= received < stop."""


def parse_remaps(texts: Iterable[str]) -> dict[str, str]:
    """FROM:=TO, each topic once."""
    found: dict[str, str] = {}
    for text in texts:
        old, sign, new = text.partition(":=")
        if not (old and sign and new):
            raise PlayError(f"remap: '{text}', want FROM:=TO, as in /imu/data:=/robot/imu")
        if old in found:
            raise PlayError(f"remap: {old} is named twice")
        found[old] = new
    return found


@dataclass(frozen=True)
class Channel:
    """A topic of the bag, and the name under which it is published."""

    topic: Topic
    name: str

    @property
    def latched(self) -> bool:
        """Static transforms are, whatever the bag says of them."""
        return self.topic.latched or self.keeps_all

    @property
    def keeps_all(self) -> bool:
        """Of static transforms each message counts, not the last alone."""
        return self.topic.name.endswith("tf_static")


def choose_channels(plan: PlayPlan, topics: Mapping[str, Topic]) -> list[Channel]:
    """The topics to play; a /clock of the bag gives way to ours."""
    for what, names in (("topics", plan.topics), ("remap", plan.remaps)):
        if missing := [name for name in names if name not in topics]:
            raise PlayError(f"{what}: the bag has no {', '.join(missing)}; it has {', '.join(topics) or 'no topics'}")
    chosen = [topics[name] for name in plan.topics or topics]
    channels = [Channel(topic, plan.remaps.get(topic.name, topic.name)) for topic in chosen]
    channels = [each for each in channels if not (plan.tick and each.name == "/clock")]
    twice = [name for name, count in Counter(each.name for each in channels).items() if count > 1]
    if twice:
        raise PlayError(f"remap: more than one topic would be published as {', '.join(twice)}")
    return channels


class Clock(Protocol):
    """Time that passes while playing."""

    def now(self) -> int:
        """Nanoseconds since some moment."""

    def sleep_until(self, moment: int) -> bool:
        """Wait; False where playing shall stop."""


class SteadyClock:
    """The machine's time, until stop() is called, by a signal for example."""

    def __init__(self) -> None:
        self._stopped = False

    def stop(self) -> None:
        """End the sleep of now, and all later ones."""
        self._stopped = True

    def now(self) -> int:
        """Nanoseconds of a clock that nobody sets."""
        return time.monotonic_ns()

    def sleep_until(self, moment: int) -> bool:
        """Wait in slices."""
        while not self._stopped and (left := moment - self.now()) > 0:
            time.sleep(min(left / 1e9, _SLICE))
        return not self._stopped


class Lateness:
    """How late messages were, in a fixed amount of memory."""

    def __init__(self) -> None:
        self._counts = np.zeros(_BINS, np.int64)
        self.most = 0

    def add(self, late: int) -> None:
        """Nanoseconds."""
        self.most = max(self.most, late)
        self._counts[min(max(late, 0) // _BIN, _BINS - 1)] += 1

    def quantile(self, share: float) -> float:
        """Milliseconds, to 0.1 ms; at most 10 s."""
        reached = np.cumsum(self._counts) >= share * self._counts.sum()
        return float(np.argmax(reached)) * _BIN / 1e6


@dataclass
class Summary:
    """What was played: messages by the name that they were published under."""

    counts: Counter[str] = field(default_factory=Counter)
    late: Lateness = field(default_factory=Lateness)
    finished: bool = False

    def lines(self) -> list[str]:
        """For the one who looks on."""
        total = sum(self.counts.values())
        found = [f"{'played' if self.finished else 'interrupted after'} {total} messages"]
        found += [f"  {name:<40} {count}" for name, count in sorted(self.counts.items())]
        late = (
            f"{self.late.quantile(0.5):.1f} ms in the median, {self.late.quantile(0.95):.1f} ms at the 95th percentile"
        )
        found.append(f"late by {late}, {self.late.most / 1e6:.1f} ms at most")
        if self.late.most >= _BEHIND:
            found.append("it did not keep up; choose a lower --rate, or fewer --topics")
        return found


class Stage(Protocol):
    """Where messages go."""

    def publish(self, message: RawMessage) -> str:
        """Send it; says under which name."""

    def tick(self, stamp: int) -> None:
        """The time of the bag, on /clock."""


def timeline(messages: Iterable[RawMessage], start: int, tick: int) -> Iterator[tuple[int, RawMessage | None]]:
    """Messages and, as None, ticks from `start` on, with the bag's time at which each is due; a tick comes first."""
    due = start
    for message in messages:
        while tick and due <= message.received:
            yield due, None
            due += tick
        yield max(message.received, start), message


def play_once(
    steps: Iterable[tuple[int, RawMessage | None]],
    stage: Stage,
    clock: Clock,
    rate: float,
    summary: Summary,
    say: Callable[[str], None],
) -> bool:
    """Hand out each step when it is due; False where it was stopped. Nothing is dropped when it runs late."""
    origin: tuple[int, int] | None = None
    for due, message in steps:
        origin = origin or (clock.now(), due)
        moment = origin[0] + round((due - origin[1]) / rate)
        if not clock.sleep_until(moment):
            return False
        if message is None:
            stage.tick(due)
            continue
        late, before = clock.now() - moment, summary.late.most
        summary.counts[stage.publish(message)] += 1
        summary.late.add(late)
        if before < _BEHIND <= late:
            say(f"{late / 1e9:.1f} s behind: this machine does not keep up with --rate {rate:g}")
    return True


def span(plan: PlayPlan, bag: Recording) -> tuple[int, int]:
    """First and last moment to play, the last excluded, ns."""
    start = bag.start + round(plan.start * 1e9)
    stop = bag.end if plan.end is None else min(bag.end, bag.start + round(plan.end * 1e9))
    if start >= stop:
        raise PlayError(f"start: {plan.start:g} s, but {bag.title} lasts {(bag.end - bag.start) / 1e9:.3f} s")
    return start, stop


def messages_of(bag: Recording, channels: list[Channel], start: int, stop: int) -> Iterator[RawMessage]:
    """The messages of a span, after the latched ones that were in force when it began."""
    kept = [each for each in channels if each.latched]
    held: dict[tuple[str, int], RawMessage] = {}
    if kept and start > bag.start:
        all_of = {each.topic.name for each in kept if each.keeps_all}
        for message in bag.raw([each.topic.name for each in kept], None, start):
            held[message.topic, len(held) if message.topic in all_of else -1] = message
    return chain(held.values(), bag.raw([each.topic.name for each in channels], start, stop))
