# SPDX-License-Identifier: Apache-2.0
"""Simulated pictures with their true maps as a data set: parallel, resumable, the same bytes from the same seed."""

from offline_tools.simworld.dataset_job.job import Summary, simulate_dataset
from offline_tools.simworld.dataset_job.plan import DatasetPlan

__all__ = ["DatasetPlan", "Summary", "simulate_dataset"]
