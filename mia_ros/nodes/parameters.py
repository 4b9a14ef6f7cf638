# SPDX-License-Identifier: Apache-2.0
"""ROS parameters of the mapper node <-> MapperConfig."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter as RosParameter

from mia_ros.runtime.config import MapperConfig, parameters
from mia_ros.runtime.parameters import Parameter

#: What rclpy declares by itself.
_ROS_OWN = ("use_sim_time", "qos_overrides.", "start_type_description_service")


def given_config(node: Node) -> MapperConfig:
    """From what the node was started with; one ConfigError names everything that is unknown or wrong."""
    given: Mapping[str, RosParameter] = node._parameter_overrides  # rclpy has no other way to see what is undeclared
    own = {name: each.value for name, each in given.items() if not name.startswith(_ROS_OWN)}
    return MapperConfig.from_mapping(own)


def declare(node: Node, config: MapperConfig) -> None:
    """All parameters, with their descriptions and ranges."""
    for each in parameters():
        value = getattr(config, each.name)
        if isinstance(value, tuple):
            value = list(value)
        node.declare_parameter(each.name, value, _descriptor(each), ignore_override=True)


def on_changes(node: Node, current: Callable[[], MapperConfig], apply: Callable[[MapperConfig], None]) -> None:
    """Let `apply` have each valid change; others are refused, with the reason."""

    def check(changed: list[RosParameter]) -> SetParametersResult:
        own = {each.name: each.value for each in changed if not each.name.startswith(_ROS_OWN)}
        try:
            apply(current().with_changes(own))
        except ValueError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    node.add_on_set_parameters_callback(check)


def _descriptor(each: Parameter) -> Any:
    descriptor = ParameterDescriptor(
        description=each.description,
        additional_constraints=f"one of {each.values}" if each.choices else "",
        read_only=not each.dynamic,
        # `ros2 param set` sends 10 as a whole number, and an empty list says nothing of its type.
        dynamic_typing=each.kind in ("float", "float_list"),
    )
    if each.low is not None and each.high is not None:
        if each.kind == "float":
            descriptor.floating_point_range = [FloatingPointRange(from_value=each.low, to_value=each.high, step=0.0)]
        else:
            descriptor.integer_range = [IntegerRange(from_value=int(each.low), to_value=int(each.high), step=0)]
    return descriptor
