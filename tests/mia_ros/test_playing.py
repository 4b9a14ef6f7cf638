# SPDX-License-Identifier: Apache-2.0
import pytest

from mia_ros.bag import BagReader, BagWriter, Topic
from mia_ros.bag.reader import RawMessage
from mia_ros.errors import PlayError
from mia_ros.playing import (
    Channel,
    Lateness,
    PlayPlan,
    Summary,
    choose_channels,
    messages_of,
    parse_remaps,
    play_once,
    timeline,
)
from tests.mia_ros.bag.recordings import imu_at

TOPICS = {name: Topic(name, "sensor_msgs/msg/Imu", 1) for name in ("/a", "/b", "/clock")}


class HandClock:
    """Time that passes by sleeping alone, and by what takes long."""

    def __init__(self, stop_at=None):
        self.time, self.stop_at = 5_000, stop_at

    def now(self):
        return self.time

    def sleep_until(self, moment):
        self.time = max(self.time, moment)
        return self.stop_at is None or self.time < self.stop_at


class Hall:
    def __init__(self, clock, slow=0):
        self.clock, self.slow, self.seen = clock, slow, []

    def publish(self, message):
        self.seen.append((self.clock.time, message.received))
        self.clock.time += self.slow
        return message.topic

    def tick(self, stamp):
        self.seen.append((self.clock.time, stamp))


def raws(*stamps):
    return [RawMessage("/a", "x/msg/Y", stamp, b"") for stamp in stamps]


def test_ticks_stand_on_a_grid_between_the_messages():
    found = [(due, message is None) for due, message in timeline(raws(100, 125), 100, 10)]
    assert found == [(100, True), (100, False), (110, True), (120, True), (125, False)]


def test_without_a_clock_there_are_no_ticks():
    assert [due for due, _ in timeline(raws(1, 9), 0, 0)] == [1, 9]


def test_twice_the_rate_takes_half_the_time():
    clock = HandClock()
    hall = Hall(clock)
    assert play_once(timeline(raws(100, 140, 200), 100, 0), hall, clock, 2.0, Summary(), print)
    assert hall.seen == [(5_000, 100), (5_020, 140), (5_050, 200)]


def test_a_stop_ends_it_before_the_next_message():
    clock = HandClock(stop_at=5_030)
    hall = Hall(clock)
    assert not play_once(timeline(raws(100, 120, 140), 100, 0), hall, clock, 1.0, Summary(), print)
    assert [stamp for _, stamp in hall.seen] == [100, 120]


def test_who_does_not_keep_up_is_told_once_and_nothing_is_dropped():
    clock, summary, said = HandClock(), Summary(), []
    hall = Hall(clock, slow=600_000_000)
    assert play_once(timeline(raws(0, 1, 2), 0, 0), hall, clock, 1.0, summary, said.append)
    assert len(said) == 1 and "does not keep up with --rate 1" in said[0]
    assert summary.counts == {"/a": 3}
    assert "did not keep up" in summary.lines()[-1]


def test_lateness_has_its_quantiles():
    late = Lateness()
    for milliseconds in range(100):
        late.add(milliseconds * 1_000_000)
    assert late.quantile(0.5) == pytest.approx(49) and late.quantile(0.95) == pytest.approx(94)


def test_the_clock_of_a_bag_gives_way_to_ours():
    assert [each.name for each in choose_channels(PlayPlan(), TOPICS)] == ["/a", "/b"]
    assert len(choose_channels(PlayPlan(clock_hz=0), TOPICS)) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"topics": ("/x",)}, "topics: the bag has no /x; it has /a"),
        ({"remaps": {"/x": "/y"}}, "remap: the bag has no /x"),
        ({"remaps": {"/a": "/b"}}, "more than one topic would be published as /b"),
        ({"rate": 0.0}, "rate: 0, must be above 0"),
        ({"start": 3.0, "end": 2.0}, "end: 2, must be after"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(options, message):
    with pytest.raises(PlayError, match=message):
        choose_channels(PlayPlan(**options), TOPICS)


def test_remaps_are_read_and_refused():
    assert parse_remaps(["/a:=/b"]) == {"/a": "/b"}
    with pytest.raises(PlayError, match="want FROM:=TO"):
        parse_remaps(["/a=/b"])


def test_what_was_latched_before_the_start_comes_first(tmp_path):
    with BagWriter(tmp_path / "bag") as bag:
        bag.add_topic("/imu", "sensor_msgs/msg/Imu")
        bag.add_topic("/fixed", "sensor_msgs/msg/Imu", latched=True)
        for topic, stamp in (("/fixed", 10), ("/fixed", 20), ("/imu", 30), ("/imu", 40)):
            bag.write(topic, imu_at(bag.messages, stamp), stamp)
    with BagReader(tmp_path / "bag") as bag:
        channels = [Channel(topic, name) for name, topic in bag.topics.items()]
        found = [(each.topic, each.received) for each in messages_of(bag, channels, 35, 41)]
    assert found == [("/fixed", 20), ("/imu", 40)]
