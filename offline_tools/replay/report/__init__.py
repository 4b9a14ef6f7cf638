# SPDX-License-Identifier: Apache-2.0
"""A replay as one page for people: no script, nothing fetched, light and dark."""

from offline_tools.replay.report.page import report_page
from offline_tools.replay.report.pictures import Picture, picture_of

__all__ = ["Picture", "picture_of", "report_page"]
