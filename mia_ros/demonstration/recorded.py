# SPDX-License-Identifier: Apache-2.0
"""Without ROS: the drive is recorded to a bag, and mapped from there by the same core that the node runs."""

from __future__ import annotations

import shutil
import subprocess
import time
from typing import Any

from mia_ros.bag import BagReader
from mia_ros.camera import Camera
from mia_ros.demonstration.plan import DemoPlan, Say, chosen_engine, made_town, mia
from mia_ros.demonstration.telling import Album, Moment, write
from mia_ros.errors import DemoError, GravityError, TiltError
from mia_ros.nodes.convert import read_camera, read_image, read_imu, read_semantic_map, read_stamp, read_transforms
from mia_ros.runtime.config import MapperConfig
from mia_ros.runtime.height import HeightSource
from mia_ros.runtime.levelling import GravitySource
from mia_ros.runtime.step import MapperStep
from mia_ros.runtime.transforms import TransformBuffer

_IMAGE, _INFO, _IMU = "/camera/image_raw/compressed", "/camera/camera_info", "/imu/data"
_TRUTH, _TF, _TF_STATIC = "/truth/semantic_map", "/tf", "/tf_static"


def run_recorded(plan: DemoPlan, say: Say) -> dict[str, Any]:
    """Record, map, and write OUT/recorded.png and OUT/recorded.json; gives what the latter holds."""
    engine, manifest = chosen_engine(plan, say)
    town = made_town(plan, say)
    bag = plan.out / "drive"
    shutil.rmtree(bag, ignore_errors=True)  # of an earlier demonstration
    say("the wheelchair drives and is recorded; the first time, what it sees is compiled before")
    options = ("--seconds", str(plan.seconds), "--seed", str(plan.seed), "--weather", "overcast")
    driven = subprocess.run(mia("simulate", "drive", "--map", str(town), *options, "--out", str(bag)), check=False)
    if driven.returncode:
        raise DemoError("the drive could not be recorded; the line above says why")
    config = MapperConfig.from_mapping({"engine": str(engine), "base_frame": "base_link"})
    replay = _Replay(config, Album(round(plan.seconds * 10)))
    with BagReader(bag) as reader:
        said = time.monotonic()
        for topic, _, _, message in reader.messages([_TF_STATIC, _TF, _IMU, _INFO, _IMAGE, _TRUTH]):
            replay.take(topic, message)
            if replay.album.agreement.maps and time.monotonic() - said >= 1.0:
                said = time.monotonic()
                say(f"{replay.album.agreement.maps:4d} maps, {replay.album.line()}")
    if not replay.album.moments:
        raise DemoError("no map could be made of the drive")
    told = replay.album.told(manifest)
    write(plan, "recorded", replay.album, told)
    return told


class _Replay:
    """Messages one after the other, as a node gets them; an image is mapped when the IMU has passed its stamp."""

    def __init__(self, config: MapperConfig, album: Album) -> None:
        self.album = album
        self._step = MapperStep.load(config)
        self._buffer = TransformBuffer()
        self._gravity = GravitySource(config, self._buffer)
        self._height = HeightSource(config, self._buffer)
        self._camera: Camera | None = None
        self._image: Any = None
        self._truth: Any = None

    def take(self, topic: str, message: Any) -> None:
        """One message of the bag."""
        if topic in (_TF, _TF_STATIC):
            for each in read_transforms(message):
                self._buffer.add(each, topic == _TF_STATIC)
        elif topic == _INFO:
            self._camera = read_camera(message)
        elif topic == _IMAGE:
            self._image = message
        elif topic == _TRUTH:
            self._truth = message
        else:
            self._gravity.add_imu(read_imu(message), message.header.frame_id)
            if self._image is not None and self._truth is not None and read_stamp(message) > read_stamp(self._image):
                self._map(self._image, self._truth)
                self._image = self._truth = None

    def _map(self, image: Any, truth: Any) -> None:
        assert self._camera is not None  # it comes before its image
        started = time.perf_counter()
        frame, stamp, name = read_image(image), read_stamp(image), image.header.frame_id
        try:
            gravity = self._gravity.at(stamp, name)
            stepped = self._step.run(frame, self._camera, gravity, stamp, self._height.at(stamp, name))
        except (GravityError, TiltError):
            return  # the filter has not settled yet, or too little picture is left: the node makes no map either
        self.album.ages.append(time.perf_counter() - started)
        self.album.add(Moment(frame, stepped.semantic_map, read_semantic_map(truth)))
