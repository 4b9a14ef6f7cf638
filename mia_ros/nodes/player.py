# SPDX-License-Identifier: Apache-2.0
"""The player node: a recording on ROS 2 topics, and its time on /clock."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from mia_ros.bag import BagReader
from mia_ros.bag.reader import RawMessage
from mia_ros.errors import PlayError
from mia_ros.nodes.convert import RosMessages, stamp_message
from mia_ros.playing import (
    Channel,
    Clock,
    PlayPlan,
    Recording,
    SteadyClock,
    Summary,
    choose_channels,
    messages_of,
    play_once,
    span,
    timeline,
)

if TYPE_CHECKING:
    from typing_extensions import Self

Say = Callable[[str], None]
_POLL = 50_000_000  # ns
_DELIVERY = 1.0  # s; for subscribers to confirm the last messages


def play_bag(path: Path, plan: PlayPlan, say: Say) -> Summary:
    """Play a bag, see `play`."""
    with BagReader(path) as bag:
        return play(bag, plan, say)


def play(bag: Recording, plan: PlayPlan, say: Say) -> Summary:
    """Play until the end, or until SIGINT or SIGTERM; `say` gets a line for all that is worth one."""
    with _stopped_by_signals() as clock:
        start, stop = span(plan, bag)
        channels = _playable(choose_channels(plan, bag.topics), bag, say)
        summary = Summary()
        with PlayerNode(channels, clock_wanted=bool(plan.tick)) as node:
            if not node.wait_for(plan, clock, say):
                return summary
            say(f"playing {(stop - start) / 1e9:.1f} s of {bag.title} at rate {plan.rate:g}: {len(channels)} topics")
            while True:
                before = sum(summary.counts.values())
                steps = timeline(messages_of(bag, channels, start, stop), start, plan.tick)
                if not play_once(steps, node, clock, plan.rate, summary, say):
                    return summary
                if sum(summary.counts.values()) == before:
                    raise PlayError(f"{bag.title}: no messages of these topics between --start and --end")
                if not plan.loop:
                    break
                say("the bag begins again: time jumps back")
            node.deliver()
        summary.finished = True
    return summary


class PlayerNode:
    """Publishers for the channels, in a ROS context of their own."""

    def __init__(self, channels: list[Channel], *, clock_wanted: bool) -> None:
        self._channels = channels
        self._clock_wanted = clock_wanted
        self._publishers: dict[str, Any] = {}
        self._kinds = {each.topic.name: (each.name, each.topic.type) for each in channels}
        self._messages = RosMessages()
        self._clock: Any = None

    def __enter__(self) -> Self:
        rclpy = _rclpy()
        self._context = rclpy.context.Context()
        self._context.init([])
        try:
            self._node = rclpy.node.Node("mia_player", context=self._context, start_parameter_services=False)
            for channel in self._channels:
                self._publishers[channel.topic.name] = self._publisher(channel)
            if self._clock_wanted:
                kind = import_module("rosgraph_msgs.msg").Clock
                self._clock = self._node.create_publisher(kind, "/clock", 10)
        except BaseException:
            self._context.try_shutdown()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._node.destroy_node()
        self._context.try_shutdown()

    def publish(self, message: RawMessage) -> str:
        """Send the bytes of the bag."""
        name, kind = self._kinds[message.topic]
        if message.type != kind:
            raise PlayError(f"{message.topic}: holds {kind} and {message.type}; leave it out with --topics")
        self._publishers[message.topic].publish(message.cdr)
        return name

    def tick(self, stamp: int) -> None:
        """/clock."""
        self._clock.publish(self._messages.make("rosgraph_msgs/msg/Clock", clock=stamp_message(self._messages, stamp)))

    def wait_for(self, plan: PlayPlan, clock: Clock, say: Say) -> bool:
        """Until the wanted topics have subscribers; False where it was stopped."""
        named = {each.name: self._publishers[each.topic.name] for each in self._channels}
        if unknown := [name for name in plan.wait_for if name not in named]:
            raise PlayError(f"wait-for: {', '.join(unknown)} is not published; there are {', '.join(named)}")
        if plan.wait_for:
            say(f"waiting for subscribers of {', '.join(plan.wait_for)}")
        deadline = clock.now() + round(plan.wait_s * 1e9)
        while lonely := [name for name in plan.wait_for if not named[name].get_subscription_count()]:
            if clock.now() >= deadline:
                raise PlayError(
                    f"wait-for: nobody subscribed to {', '.join(lonely)} within {plan.wait_s:g} s; "
                    "start the subscriber, and compare ROS_DOMAIN_ID"
                )
            if not clock.sleep_until(clock.now() + _POLL):
                return False
        return True

    def deliver(self) -> None:
        """Give reliable subscribers the time to get the last messages."""
        duration, clock = import_module("rclpy.duration").Duration, SteadyClock()
        deadline = clock.now() + round(_DELIVERY * 1e9)
        for publisher in self._publishers.values():
            publisher.wait_for_all_acked(duration(nanoseconds=max(0, deadline - clock.now())))

    def _publisher(self, channel: Channel) -> Any:
        qos = import_module("rclpy.qos")
        # A reliable publisher serves reliable and best-effort subscribers alike.
        profile = qos.QoSProfile(depth=100 if channel.keeps_all else 1 if channel.latched else 10)
        if channel.latched:
            profile.durability = qos.DurabilityPolicy.TRANSIENT_LOCAL
        try:
            return self._node.create_publisher(_message_class(channel.topic.type), channel.name, profile)
        except Exception as error:  # rclpy has several of its own for names
            raise PlayError(f"{channel.name}: cannot be published: {' '.join(str(error).split())}") from error


def _rclpy() -> Any:
    try:
        for part in ("context", "node"):
            import_module(f"rclpy.{part}")
        return import_module("rclpy")
    except ImportError as error:
        raise PlayError(
            f"ROS 2 is missing ({error}): source /opt/ros/DISTRO/setup.bash, or pip install 'mia_ros[ros]'"
        ) from error


def _message_class(kind: str) -> Any:
    package, group, name = kind.split("/")
    return getattr(import_module(f"{package}.{group}"), name)


def _playable(channels: list[Channel], bag: Recording, say: Say) -> list[Channel]:
    """Those whose messages this ROS installation has, as the bag defines them."""
    _rclpy()
    found = []
    for channel in channels:
        if reason := _obstacle(channel.topic.type, bag):
            say(f"skipped {channel.topic.name} ({channel.topic.type}): {reason}")
        else:
            found.append(channel)
    if not found:
        raise PlayError(f"{bag.title}: no topic is left to play")
    return found


def _obstacle(kind: str, bag: Recording) -> str | None:
    """Why messages of this type cannot be published, and what to do."""
    package = kind.split("/", maxsplit=1)[0]
    try:
        here = list(_message_class(kind).get_fields_and_field_types())
    except (ImportError, AttributeError, ValueError):
        if package == "mia_ros":
            return "mia_ros's messages are not built here; `mia doctor` says how"
        return f"not in this ROS installation; apt install ros-$ROS_DISTRO-{package.replace('_', '-')}"
    # ROS 1 has the letters of a camera's matrices in upper case.
    if [name.lower() for name in bag.fields(kind)] != [name.lower() for name in here]:
        return f"the bag's definition has other fields than this installation's; use the {package} of the recording"
    return None


@contextlib.contextmanager
def _stopped_by_signals() -> Iterator[SteadyClock]:
    clock = SteadyClock()
    former = {each: signal.signal(each, lambda *_: clock.stop()) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield clock
    finally:
        for each, handler in former.items():
            signal.signal(each, handler)
