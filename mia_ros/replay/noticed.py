# SPDX-License-Identifier: Apache-2.0
"""Notes of a replay that has come to its end: gravity, mounting, stamps, heights."""

from __future__ import annotations

from mia_ros.replay.course import Course
from mia_ros.replay.notes import NoteBook
from mia_ros.replay.plan import ReplayPlan
from mia_ros.replay.senses import Senses
from mia_ros.replay.topics import ReplayTopics

#: More of the readings than this from the accelerometer alone say that the IMU's orientation is not believed.
_MANY = 0.5


def note_course(notes: NoteBook, senses: Senses, course: Course, topics: ReplayTopics, plan: ReplayPlan) -> None:
    """Write what was noticed."""
    senses.timing.note(notes, plan.imu_offset)
    _note_order(notes, course)
    if "image_rect" in topics.image and not plan.config.rectified and senses.cameras.bends:
        notes.warn(
            "images.rectified",
            f"image: {topics.image} looks rectified already, and the lens is undone once more; set rectified to true",
        )
    if plan.gravity_topic:
        notes.info("gravity.source", f"gravity: that of the maps on {plan.gravity_topic}, by their stamps")
    elif plan.config.gravity_source == "imu":
        _note_imu(notes, senses, course, topics.imu)
    else:
        notes.info("gravity.source", f"gravity: {plan.config.gravity_source}, as the parameter gravity_source says")
    _note_gravity(notes, course)
    if line := course.frames.height.problem():
        notes.info("camera_height", line)
    if line := senses.transforms.problem():
        notes.warn("tf.contradiction", line)


def _note_imu(notes: NoteBook, senses: Senses, course: Course, topic: str) -> None:
    """What the IMU lacks."""
    if not topic:
        notes.error(
            "imu.missing",
            "imu: the bag has none, so gravity is not known and there are no maps; set gravity_source to fixed, with "
            "fixed_roll and fixed_pitch, or to tf",
        )
        return
    if senses.imu_line:
        notes.error("imu.unusable", f"{senses.imu_line} ({topic})")
    if not senses.mounted and senses.mounting_line:
        notes.error("imu.mounting", f"{senses.mounting_line.removeprefix('gravity: ')}: its quaternion x, y, z, w")
    if line := senses.gravity.problem():
        notes.warn("imu.trouble", line)
    accelerometer = course.sources["accelerometer"]
    if not senses.oriented:
        notes.info("imu.orientation", "imu: it gives no orientation; gravity is from accelerometer and gyroscope")
    elif accelerometer > _MANY * course.sources.total():
        notes.warn(
            "imu.orientation",
            f"imu: its orientation contradicts its own accelerometer and gyroscope, and was not used for "
            f"{accelerometer} of {course.sources.total()} maps; is its driver set to axes with z up?",
        )


def _note_gravity(notes: NoteBook, course: Course) -> None:
    """That images have no map for want of gravity."""
    without, mapped = course.problems["gravity"], course.sources.total()
    if without:
        add = notes.error if not mapped else notes.warn
        add("gravity.missing", f"{without} images have no gravity, and no map; the first: {course.gravity_line}")


def _note_order(notes: NoteBook, course: Course) -> None:
    orders = course.orders
    parts = [
        f"{orders[kind]} {what}"
        for kind, what in (
            ("out_of_order", "came after one with a later stamp"),
            ("repeated", "have the stamp of the one before"),
            ("jumped_back", "begin an earlier time"),
        )
        if orders[kind]
    ]
    if parts:
        notes.warn("stamps.order", f"stamps of images: {', '.join(parts)}; is the recording of one camera and one run?")
