# SPDX-License-Identifier: Apache-2.0
"""Training data, training and export, on a workstation. May use torch and mia_ros; nothing imports it back."""
