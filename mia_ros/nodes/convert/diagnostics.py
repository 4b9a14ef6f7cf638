# SPDX-License-Identifier: Apache-2.0
"""Status lines -> diagnostic_msgs/DiagnosticArray."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mia_ros.nodes.convert.factory import Messages
from mia_ros.nodes.convert.stamps import header
from mia_ros.runtime.health import Status


def diagnostics_message(
    messages: Messages, statuses: Iterable[Status], stamp: int, node: str, hardware_id: str = ""
) -> Any:
    """diagnostic_msgs/DiagnosticArray; `node` stands before the name of each status, as tools expect."""
    return messages.make(
        "diagnostic_msgs/msg/DiagnosticArray",
        header=header(messages, stamp, ""),
        status=[
            messages.make(
                "diagnostic_msgs/msg/DiagnosticStatus",
                level=messages.byte(each.level),
                name=f"{node}: {each.name}",
                message=each.message,
                hardware_id=hardware_id,
                values=[
                    messages.make("diagnostic_msgs/msg/KeyValue", key=key, value=value) for key, value in each.values
                ],
            )
            for each in statuses
        ],
    )
