# SPDX-License-Identifier: Apache-2.0
"""What is written from MapperConfig, so that it cannot disagree with it: config/mapper.yaml and a table of docs/ros.md.

python -m mia_ros.runtime.config_file            prints the parameter file
python -m mia_ros.runtime.config_file markdown   prints the table
python -m mia_ros.runtime.config_file write      writes both into the source folder that is the working directory
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mia_ros.errors import ConfigError, MiaError
from mia_ros.runtime.config import parameters, parameters_markdown
from mia_ros.runtime.parameters import Parameter

PARAMETER_FILE = Path("config/mapper.yaml")
PAGE = Path("docs/ros.md")
BEGIN = "<!-- parameters: written by `python -m mia_ros.runtime.config_file write` -->"
END = "<!-- end of parameters -->"

_HEAD = """\
# SPDX-License-Identifier: Apache-2.0
#
# Every parameter of the node `mapper` with its default, written by `python -m mia_ros.runtime.config_file write`.
# Copy it, keep the lines that you change, and give it as params_file:=FILE. Names that do not exist are refused.
# (live): may be changed while the node runs, with `ros2 param set`.
/**/mapper:
  ros__parameters:
"""


def parameter_file() -> str:
    """config/mapper.yaml; read by nodes of the name mapper in any namespace."""
    return _HEAD + "\n".join(f"    # {_comment(each)}\n    {_setting(each)}" for each in parameters()) + "\n"


def with_table(page: str) -> str:
    """The page with today's table between its two markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ConfigError(f"{PAGE}: the lines '{BEGIN}' and '{END}' are missing; the table goes between them")
    return f"{before}{BEGIN}\n{parameters_markdown()}{END}{after}"


def write(folder: Path) -> list[Path]:
    """Both files anew, below the source folder."""
    page = folder / PAGE
    if not page.is_file():
        raise ConfigError(f"{page}: not found; run this in the source folder of mia_ros")
    page.write_text(with_table(page.read_text(encoding="utf-8")), encoding="utf-8")
    (folder / PARAMETER_FILE).write_text(parameter_file(), encoding="utf-8")
    return [folder / PARAMETER_FILE, page]


def main(arguments: list[str]) -> int:
    """Exit status: 0; 2 for a mistake in the call."""
    if arguments == ["write"]:
        try:
            print(*write(Path()), sep="\n")
        except MiaError as error:
            print(error, file=sys.stderr)
            return 2
        return 0
    texts = {(): parameter_file, ("markdown",): parameters_markdown}
    if tuple(arguments) not in texts:
        print("usage: python -m mia_ros.runtime.config_file [markdown | write]", file=sys.stderr)
        return 2
    print(texts[tuple(arguments)](), end="")
    return 0


def _comment(parameter: Parameter) -> str:
    values = f" [{parameter.values}]" if parameter.values else ""
    return f"{parameter.description}{values}{' (live)' if parameter.dynamic else ''}"


def _setting(parameter: Parameter) -> str:
    # JSON's text, numbers and truth values are YAML's, and ROS tells 1 from 1.0 by the point.
    if parameter.default == ():
        return f"# {parameter.name}: []"  # ROS cannot tell what an empty list is a list of
    return f"{parameter.name}: {json.dumps(parameter.default)}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
