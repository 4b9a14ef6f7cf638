# SPDX-License-Identifier: Apache-2.0
"""ROS parameter files, read where there is no ROS."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import yaml

from mia_ros.errors import ConfigError

_NODE = "/mapper"
#: rclpy's own, of no meaning without a node.
_NOT_OURS = {"use_sim_time", "start_type_description_service"}


def read_parameter_file(path: Path) -> dict[str, object]:
    """What a file says of the node `mapper`, in any namespace; later sections win."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"params_file {path}: cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"params_file {path}: is no ROS parameter file; config/mapper.yaml is one")
    sections = {str(name): section for name, section in content.items() if _is_mapper(str(name))}
    if not sections:
        named = ", ".join(map(str, content)) or "nothing"
        raise ConfigError(f"params_file {path}: has no section for the node mapper, but for {named}")
    values: dict[str, object] = {}
    for name, section in sections.items():
        parameters = section.get("ros__parameters") if isinstance(section, dict) else None
        if not isinstance(parameters, dict):
            raise ConfigError(f"params_file {path}: {name}: has no ros__parameters")
        values.update({str(key): value for key, value in parameters.items() if key not in _NOT_OURS})
    return values


def _is_mapper(section: str) -> bool:
    """Whether a section's name, with * and ** for namespaces, means the node."""
    pattern = f"/{section.lstrip('/')}".replace("**", "*")
    return fnmatchcase(_NODE, pattern) or pattern.endswith(_NODE)
