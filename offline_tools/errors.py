# SPDX-License-Identifier: Apache-2.0
"""What offline_tools raises when its input is wrong.

MiaError (a ValueError, from mia_ros)
    MissingPart      a heavy part is not installed; the message says what to install
    WeightsError     a checkpoint, a folder of weights, or their catalogue
      DownloadError    published weights could not be fetched
    ExportError      a network cannot become an engine
    MapSourceError   a street map cannot be read, or its server does not give one
    StyleError       a drawing style is wrong
    CoverageError    no map can be drawn at a place
    DatasetError     a dataset, a table of poses, or the job that makes them
    SimulationError  a town, a scene or a drive cannot be simulated
    TrainingError    a recipe, a run of training or its data, or an evaluation

Every message names the file, the key, the value that was found, and what to do, in one line.
"""

from importlib import import_module

from mia_ros.errors import MiaError


class MissingPart(MiaError):
    """Something that is installed only on request is needed."""


class WeightsError(MiaError):
    """Weights cannot be used."""


class DownloadError(WeightsError):
    """Weights could not be fetched."""


class ExportError(MiaError):
    """A network cannot become an engine."""


class MapSourceError(MiaError):
    """A street map cannot be used."""


class StyleError(MiaError):
    """A drawing style cannot be used."""


class CoverageError(MiaError):
    """No map can be drawn at a place."""


class DatasetError(MiaError):
    """A dataset cannot be read or written."""


class SimulationError(MiaError):
    """A town, a scene or a drive cannot be simulated."""


class TrainingError(MiaError):
    """A network cannot be trained or evaluated as it was asked for."""


def need(*modules: str) -> None:
    """Refuse in one line when a module of the extra `offline` is not installed, or is broken."""
    absent = [f"{module} ({problem})" for module in modules if (problem := _problem(module))]
    if absent:
        raise MissingPart(f"this needs {' and '.join(absent)}: pip install 'mia_ros[offline]'")


def _problem(module: str) -> str:
    try:
        import_module(module)
    except ImportError as error:
        return " ".join(str(error).split())
    return ""
