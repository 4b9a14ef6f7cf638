# SPDX-License-Identifier: Apache-2.0
"""What a replay was, as a page of text for the viewer."""

from __future__ import annotations

from typing import Any


def about(metrics: dict[str, Any]) -> str:
    """Markdown: the verdict first, then what was run."""
    verdict = [_finding(each) for each in metrics.get("verdict") or []]
    facts = [f"- {name}: {value}" for name, value in _facts(metrics) if value]
    return "\n".join(["# Replay", "", *(verdict or ["No verdict yet."]), "", "## What was run", "", *facts])


def _finding(finding: dict[str, Any]) -> str:
    fix = f" *{finding['fix']}*" if finding.get("fix") else ""
    return f"- **{finding.get('level', '')}: {finding.get('title', '')}** {finding.get('line', '')}{fix}"


def _facts(metrics: dict[str, Any]) -> list[tuple[str, str]]:
    bag, engine, images, camera, truth, path = (
        metrics.get(name) or {} for name in ("bag", "engine", "images", "camera", "truth", "trajectory")
    )
    return [
        ("bag", str(bag.get("path", ""))),
        ("images", f"{images.get('seen', '?')}, mapped {images.get('mapped', '?')}" if images else ""),
        ("engine", " ".join(str(engine[key]) for key in ("name", "precision", "backend") if engine.get(key))),
        ("camera", f"{camera.get('width')} x {camera.get('height')}, from {camera.get('source')}" if camera else ""),
        ("poses", str(path.get("source", "none"))),
        ("truth", str(truth.get("name", "none"))),
    ]
