# SPDX-License-Identifier: Apache-2.0
"""From photos and tables to the data set: its pictures, maps and poses, and the papers that go with it."""
