# SPDX-License-Identifier: Apache-2.0
"""An evaluation as one page for people: no script, nothing fetched, light and dark."""

from offline_tools.evaluation.report.page import report_page

__all__ = ["report_page"]
