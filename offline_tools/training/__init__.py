# SPDX-License-Identifier: Apache-2.0
"""Training: batches from data sets on disk, recipes, and the loop that turns them into weights."""
