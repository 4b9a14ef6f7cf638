# SPDX-License-Identifier: Apache-2.0
"""What can be read of a run while it goes on: curves, pictures, TensorBoard."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from offline_tools.dataset.files import write_whole
from offline_tools.errors import TrainingError
from offline_tools.training.curve import Curve, read_curve
from offline_tools.training.validation import Validation

CURVE, SCORES = "curve.jsonl", "validation.jsonl"


class Record:
    """Of the run in a folder, from a step on; what was written of later steps is cut off."""

    def __init__(self, out: Path, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._pictures, self._scores_path = out / "pictures", out / SCORES
        self._curve, self._scores = Curve(out / CURVE), Curve(self._scores_path)
        for curve in (self._curve, self._scores):
            curve.cut(step)
        self._board = SummaryWriter(str(out / "tensorboard"), purge_step=step + 1)

    def losses(self, step: int, losses: Mapping[str, float]) -> None:
        """Of one step."""
        self._curve.add(step, losses)
        for name, value in losses.items():
            self._board.add_scalar(f"train/{name}", value, step)

    def validation(self, step: int, found: Validation) -> Mapping[str, float]:
        """Scores and pictures after a step."""
        scores = found.record()
        self._scores.add(step, scores)
        for name, value in scores.items():
            self._board.add_scalar(f"validation/{name}", value, step)
        if found.pictures:
            sheet = np.vstack(found.pictures)
            self._board.add_image("validation", sheet, step, dataformats="HWC")
            self._write_sheet(step, sheet)
        return scores

    def last_scores(self) -> Mapping[str, float]:
        """Of the last validation; none at the beginning."""
        lines = read_curve(self._scores_path)
        return {key: value for key, value in lines[-1].items() if key != "step"} if lines else {}

    def close(self) -> None:
        """Everything to the disk."""
        self._board.close()

    def _write_sheet(self, step: int, sheet: np.ndarray) -> None:
        _, data = cv2.imencode(".jpg", np.ascontiguousarray(sheet[..., ::-1]))
        try:
            self._pictures.mkdir(exist_ok=True)
        except OSError as error:
            raise TrainingError(f"out {self._pictures}: cannot be made: {error.strerror}") from error
        write_whole(self._pictures / f"step-{step:08d}.jpg", data.tobytes())
