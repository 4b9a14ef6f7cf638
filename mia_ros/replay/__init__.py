# SPDX-License-Identifier: Apache-2.0
"""A recording through the core of the live node, frame by frame, nothing dropped. No ROS installation is needed."""

from mia_ros.replay.notes import Note
from mia_ros.replay.plan import Problem, Replayed, ReplayPlan, TopicWishes
from mia_ros.replay.replay import Replay
from mia_ros.replay.topics import ReplayTopics, read_topics

__all__ = ["Note", "Problem", "Replay", "ReplayPlan", "ReplayTopics", "Replayed", "TopicWishes", "read_topics"]
