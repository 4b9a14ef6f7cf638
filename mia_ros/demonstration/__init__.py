# SPDX-License-Identifier: Apache-2.0
"""The demonstration: a simulated wheelchair drives through a town, and is mapped; live where ROS is, else from a bag.

The simulator belongs to the offline tools, so it is run, not imported.
"""
