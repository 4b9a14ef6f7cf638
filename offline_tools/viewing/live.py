# SPDX-License-Identifier: Apache-2.0
"""Live topics in the viewer: what a robot sees and maps, now."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from mia_ros.errors import ReplayError
from mia_ros.nodes.convert.factory import message_class
from offline_tools.viewing.blueprint import Layout
from offline_tools.viewing.follower import Follower
from offline_tools.viewing.job import Viewed, present
from offline_tools.viewing.parts import rerun
from offline_tools.viewing.scene import Scene
from offline_tools.viewing.screen import SUFFIX
from offline_tools.viewing.tally import Say, Tally
from offline_tools.viewing.topics import CAMERA_INFO, IMAGES, SEMANTIC_MAP, STATIC, ShownTopics, choose_topics

if TYPE_CHECKING:
    from typing_extensions import Self

_LOOK_EVERY = 0.5  # s between looks at which topics there are
_TURN = 0.1  # s
_QUEUED = 200  # messages that may wait at the end
_PATIENCE = 10.0  # s, until it says that nothing comes


@dataclass(frozen=True)
class LivePlan:
    """namespace: of the mapper, "" for none. image, maps: topics, "" finds them. seconds: None, until Ctrl-C."""

    namespace: str = ""
    image: str = ""
    maps: str = ""
    seconds: float | None = None
    out: Path | None = None


def view_live(plan: LivePlan, say: Say) -> Viewed:
    """Show what comes until the time is over, or SIGINT or SIGTERM."""
    rerun()
    _ros()

    def show(scene: Scene, tally: Tally) -> None:
        with _asked_to_stop() as stopped, Ears(plan, Follower(scene, tally), say) as ears:
            _listen(ears, plan, tally, stopped)

    return present(show, plan.out, Path(f"live{SUFFIX}"), Layout(), say)


def _listen(ears: Ears, plan: LivePlan, tally: Tally, stopped: Callable[[], bool]) -> None:
    start = time.monotonic()
    while not stopped() and (plan.seconds is None or time.monotonic() - start < plan.seconds):
        ears.listen()
        if not tally.counts and time.monotonic() - start > _PATIENCE:
            tally.once(f"nothing has come for {_PATIENCE:g} s: {ears.waits_for()}; compare ROS_DOMAIN_ID")
    ears.finish()
    if not tally.counts:
        raise ReplayError(f"nothing came: {ears.waits_for()}; is the mapper running, and in the same ROS_DOMAIN_ID?")


class Ears:
    """Subscribes, in a ROS context of its own, to what is there and to what appears."""

    def __init__(self, plan: LivePlan, follower: Follower, say: Say) -> None:
        self._plan = plan
        self._follower = follower
        self._say = say
        self._root = f"/{plan.namespace.strip('/')}" if plan.namespace.strip("/") else ""
        self._topics = ShownTopics()
        self._next_look = 0.0

    def __enter__(self) -> Self:
        ros = _ros()
        self._context = ros.context.Context()
        self._context.init([])
        self._node = ros.node.Node("mia_view", context=self._context, start_parameter_services=False)
        self._executor = import_module("rclpy.executors").SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    def listen(self) -> None:
        """Take in the next message, if one comes soon; now and then look for new topics."""
        if time.monotonic() >= self._next_look:
            self._look()
            self._next_look = time.monotonic() + _LOOK_EVERY
        self._executor.spin_once(timeout_sec=_TURN)

    def finish(self) -> None:
        """Take in what has arrived by now."""
        for _ in range(_QUEUED):
            self._executor.spin_once(timeout_sec=0)
        self._follower.finish()

    def waits_for(self) -> str:
        """What is missing, for people."""
        image = self._topics.image or self._plan.image or f"a camera under {self._root or '/'} or anywhere"
        return f"waiting for {image} and {self._topics.semantic_map or self._map_wish()}"

    def _map_wish(self) -> str:
        return self._plan.maps or f"{self._root}/semantic_map"

    def _look(self) -> None:
        types = {name: kinds[0] for name, kinds in self._node.get_topic_names_and_types() if kinds}
        mine = self._of_interest(types)
        image = self._plan.image if self._plan.image in types else ""
        chosen = choose_topics(mine, image, self._map_wish() if self._map_wish() in types else "")
        for name in chosen.all():
            if name not in self._topics.all():
                self._subscribe(name, types[name], chosen)
        self._topics = ShownTopics(**{key: getattr(chosen, key) or value for key, value in vars(self._topics).items()})

    def _of_interest(self, types: dict[str, str]) -> dict[str, str]:
        """Without the maps of others, and the cameras of others: those of the namespace come first."""
        kept = {name: kind for name, kind in types.items() if kind != SEMANTIC_MAP or name == self._map_wish()}
        images = {name for name, kind in kept.items() if kind in IMAGES}
        settled = self._plan.image or self._topics.image
        own = {name for name in images if name.startswith(f"{self._root}/")}
        wanted = images & {settled} if settled else own or images
        return {name: kind for name, kind in kept.items() if name not in images or name in wanted}

    def _subscribe(self, name: str, kind: str, chosen: ShownTopics) -> None:
        qos = import_module("rclpy.qos")
        profile: Any = qos.QoSProfile(depth=100)
        if kind in (*IMAGES, CAMERA_INFO):
            profile = qos.qos_profile_sensor_data  # a camera that sends best effort is heard too
        elif name.endswith(STATIC):
            profile.durability = qos.DurabilityPolicy.TRANSIENT_LOCAL
        self._node.create_subscription(message_class(kind), name, self._calls(chosen)[name], profile)
        self._say(f"listening to {name}")

    def _calls(self, chosen: ShownTopics) -> dict[str, Callable[[Any], None]]:
        """Who takes the messages of each topic."""
        follower = self._follower
        static, moving = (partial(_transforms, follower, static) for static in (True, False))
        return {
            **{name: static if name.endswith(STATIC) else moving for name in chosen.transforms},
            chosen.image: lambda message: follower.image(message, self._now()),
            chosen.camera_info: follower.camera_info,
            chosen.semantic_map: follower.semantic_map,
            chosen.occupancy: follower.occupancy,
            chosen.diagnostics: follower.diagnostics,
        }

    def _now(self) -> int:
        return int(self._node.get_clock().now().nanoseconds)


def _transforms(follower: Follower, static: bool, message: Any) -> None:
    follower.transforms(message, static=static)


@contextmanager
def _asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Whether SIGINT or SIGTERM came; the second one ends at once."""
    asked: list[int] = []

    def ask(number: int, _: FrameType | None) -> None:
        if asked:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        asked.append(number)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ros() -> Any:
    try:
        for part in ("context", "node", "executors"):
            import_module(f"rclpy.{part}")
        import_module("mia_ros.msg")
        return import_module("rclpy")
    except ImportError as error:
        raise ReplayError(
            f"live topics need ROS 2 with mia_ros's messages ({error}); `mia doctor` says what is missing"
        ) from error
