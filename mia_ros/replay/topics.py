# SPDX-License-Identifier: Apache-2.0
"""Which topics of a bag are the camera, its camera_info, the IMU and the rest: by type and content, or as named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mia_ros.bag import BagReader
from mia_ros.bag.messages import SEMANTIC_MAP
from mia_ros.bag.reader import Topic
from mia_ros.errors import ReplayError
from mia_ros.replay.plan import TopicWishes

RAW, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
IMAGES = (RAW, COMPRESSED)
INFO, IMU = "sensor_msgs/msg/CameraInfo", "sensor_msgs/msg/Imu"
#: The latter in the first years of ROS 1, of which well-known recordings are.
TRANSFORMS = ("tf2_msgs/msg/TFMessage", "/".join(("tf", "msg", "tfMessage")))  # noqa: FLY002 - no package of today's
ODOMETRY, FIX = "nav_msgs/msg/Odometry", "sensor_msgs/msg/NavSatFix"
_COMPRESSED = "/compressed"
#: How encodings and formats begin that hold distances, not pictures.
_DEPTH = ("16UC1", "16SC1", "32FC1", "32SC1", "64FC1")
#: A raw topic is taken before its compressed twin unless it has so much fewer messages.
_LOSS = 0.9


@dataclass(frozen=True)
class ReplayTopics:
    """Topics of a bag, by what they are for; "" where there is none.

    tf: all of them, static ones too. truth: true maps of a simulation. images: messages on the image topic. notes:
    lines for people: what was chosen where there was a choice, and what is missing.
    """

    image: str
    image_type: str
    camera_info: str
    imu: str
    tf: tuple[str, ...]
    odometry: str
    fix: str
    truth: str
    images: int
    notes: tuple[str, ...]


def read_topics(bag: BagReader, wishes: TopicWishes) -> ReplayTopics:
    """Choose. A ReplayError says which cameras there are where none or several are found, or what a wish is of."""
    chooser = _Chooser(bag)
    image = chooser.image(wishes.image)
    return ReplayTopics(
        image=image.name,
        image_type=image.type,
        camera_info=chooser.camera_info(wishes.camera_info, image.name),
        imu=chooser.imu(wishes.imu),
        tf=tuple(bag.topics_of(*TRANSFORMS)),
        odometry=chooser.most(ODOMETRY, "odometry"),
        fix=chooser.most(FIX, "fix"),
        truth=chooser.truth(),
        images=image.count,
        notes=tuple(chooser.notes),
    )


def is_static(topic: str) -> bool:
    """Whether the transforms of a topic hold for ever."""
    return topic.endswith("tf_static")


class _Chooser:
    """`notes` grow as it chooses."""

    def __init__(self, bag: BagReader) -> None:
        self._bag = bag
        self._topics = {name: topic for name, topic in bag.topics.items() if topic.count}
        self.notes: list[str] = []

    def image(self, wish: str) -> Topic:
        """The camera."""
        if wish:
            return self._named(wish, IMAGES, "image")
        cameras: dict[str, list[Topic]] = {}
        for topic in self._of(*IMAGES):
            if not self._is_no_camera(topic):
                cameras.setdefault(topic.name.removesuffix(_COMPRESSED), []).append(topic)
        if not cameras:
            raise ReplayError(f"{self._bag.path}: no camera: no topic of {' or '.join(IMAGES)}{self._there_is()}")
        if len(cameras) > 1:
            names = " and ".join(self._of_one_camera(each).name for each in cameras.values())
            first = self._of_one_camera(next(iter(cameras.values()))).name
            raise ReplayError(f"{self._bag.path}: {len(cameras)} cameras: {names}; say which, as in --image {first}")
        (camera,) = cameras.values()
        chosen = self._of_one_camera(camera)
        for other in camera:
            if other is not chosen:
                self.notes.append(f"image: {chosen.name} is used, and not {other.name}, which is of the same camera")
        return chosen

    def camera_info(self, wish: str, image: str) -> str:
        """The one beside the image, else the only one; "" where none is sure to be the camera's."""
        if wish:
            return self._named(wish, (INFO,), "camera_info").name
        found = [topic.name for topic in self._of(INFO)]
        base = image.removesuffix(_COMPRESSED)
        beside = [f"{base.rpartition('/')[0]}/camera_info", f"{base}/camera_info"]
        chosen = next((name for name in beside if name in found), found[0] if len(found) == 1 else "")
        if not chosen and found:
            self.notes.append(f"camera_info: none is beside {image}; there are {', '.join(found)}: name one")
        elif not chosen:
            self._note_missing("camera_info", INFO)
        elif chosen not in beside:
            self.notes.append(f"camera_info: {chosen} is used, the only one; is it that of {image}?")
        return chosen

    def imu(self, wish: str) -> str:
        """The one that tells most of gravity."""
        if wish:
            return self._named(wish, (IMU,), "imu").name
        found = self._of(IMU)
        if not found:
            self._note_missing("imu", IMU)
            return ""
        chosen = max(found, key=lambda topic: (_worth(self._first(topic.name)), topic.count))
        self._note_choice("imu", chosen, found, "; --imu names another")
        return chosen.name

    def most(self, kind: str, what: str) -> str:
        """The topic of that type with the most messages, "" where there is none."""
        found = self._of(kind)
        if not found:
            return ""
        chosen = max(found, key=lambda topic: topic.count)
        self._note_choice(what, chosen, found, "")
        return chosen.name

    def truth(self) -> str:
        """Maps that a simulation says are true."""
        maps = self._of(SEMANTIC_MAP)
        return next((topic.name for topic in maps if _engine(self._first(topic.name)) == "truth"), "")

    def _named(self, name: str, kinds: Iterable[str], option: str) -> Topic:
        topic = self._topics.get(name) or self._topics.get(f"{name}{_COMPRESSED}" if option == "image" else name)
        if topic is None:
            raise ReplayError(f"{self._bag.path}: {option}: no topic {name} with messages{self._there_is()}")
        if topic.type not in kinds:
            raise ReplayError(
                f"{self._bag.path}: {option}: {name} is of type {topic.type}, want {' or '.join(kinds)}"
                f"{self._there_is(kinds)}"
            )
        return topic

    def _of(self, *kinds: str) -> list[Topic]:
        return [topic for topic in self._topics.values() if topic.type in kinds]

    def _first(self, name: str) -> Any:
        """The first message of a topic; None where it cannot be read."""
        return next((each.message for each in self._bag.messages([name])), None)

    def _is_no_camera(self, topic: Topic) -> bool:
        """Depth, and pictures of maps."""
        message = self._first(topic.name)
        if message is None:  # damaged; what it holds will be told image by image
            return False
        form = str(message.encoding if topic.type == RAW else message.format)
        return form.startswith(_DEPTH) or "compressedDepth" in form or message.header.frame_id.endswith("_bev")

    def _of_one_camera(self, topics: list[Topic]) -> Topic:
        """Raw before compressed, which has lost something, unless much of it is missing."""
        most = max(topic.count for topic in topics)
        return min(topics, key=lambda topic: (topic.count < _LOSS * most, topic.type != RAW))

    def _note_choice(self, what: str, chosen: Topic, found: list[Topic], advice: str) -> None:
        if others := [topic.name for topic in found if topic is not chosen]:
            self.notes.append(f"{what}: {chosen.name} is used, and not {', '.join(others)}{advice}")

    def _note_missing(self, what: str, kind: str) -> None:
        """That there is none; and a topic that looks like it but is of another type."""
        alike = [topic for topic in self._topics.values() if f"/{what}" in topic.name]
        there = f"; {alike[0].name} is of type {alike[0].type}" if alike else ""
        self.notes.append(f"{what}: the bag has none ({kind}){there}")

    def _there_is(self, kinds: Iterable[str] = ()) -> str:
        """What the bag holds, at the end of a line."""
        wanted = tuple(kinds)
        found = [topic for topic in self._topics.values() if not wanted or topic.type in wanted]
        if not found:
            return "; there is none in the bag" if wanted else "; the bag has no messages at all"
        return "; there are " + ", ".join(f"{topic.name} ({topic.type})" for topic in found)


def _engine(message: Any) -> str:
    return "" if message is None else str(message.engine_name)


def _worth(message: Any) -> int:
    """How much an Imu tells of gravity: an accelerometer first, then how it turns."""
    if message is None:
        return -1
    there = {
        name: not (len(getattr(message, name)) and getattr(message, name)[0] == -1)
        for name in ("linear_acceleration_covariance", "angular_velocity_covariance", "orientation_covariance")
    }
    force, rate, turn = message.linear_acceleration, message.angular_velocity, message.orientation
    return (
        4 * (there["linear_acceleration_covariance"] and any((force.x, force.y, force.z)))
        + 2 * (there["angular_velocity_covariance"] and any((rate.x, rate.y, rate.z)))
        + (there["orientation_covariance"] and any((turn.x, turn.y, turn.z)))
    )
