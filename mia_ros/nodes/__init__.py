# SPDX-License-Identifier: Apache-2.0
"""The ROS 2 side: nodes, and the conversion of messages. rclpy is imported here only."""
