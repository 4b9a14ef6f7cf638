# SPDX-License-Identifier: Apache-2.0
"""Recordings: rosbag2 (mcap, sqlite3) in and out, ROS 1 bags in. No ROS installation is needed."""

from mia_ros.bag.messages import BagMessages, fields_of, to_cdr
from mia_ros.bag.reader import BagMessage, BagReader, RawMessage, Topic
from mia_ros.bag.writer import BagWriter

__all__ = ["BagMessage", "BagMessages", "BagReader", "BagWriter", "RawMessage", "Topic", "fields_of", "to_cdr"]
