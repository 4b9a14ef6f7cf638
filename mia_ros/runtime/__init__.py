# SPDX-License-Identifier: Apache-2.0
"""The core of the live mapper and of replay: all that is decided between a message's arrival and a map.

Nothing here knows ROS or reads the time of day: `now` is an argument, so that a recording gives the maps of the day.
"""
