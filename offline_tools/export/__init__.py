# SPDX-License-Identifier: Apache-2.0
"""Out of torch: a network and its weights become an engine folder that the robot runs."""
