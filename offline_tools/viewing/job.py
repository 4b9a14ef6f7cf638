# SPDX-License-Identifier: Apache-2.0
"""What `mia view` does: finds out what it was given, opens a viewer or a file, and shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mia_ros.errors import ReplayError
from offline_tools.viewing.bag import BagPlan, bag_topics, show_bag
from offline_tools.viewing.blueprint import Layout, blueprint
from offline_tools.viewing.folder import is_replay, read_folder
from offline_tools.viewing.parts import rerun
from offline_tools.viewing.replayed import has_poses, show_replay
from offline_tools.viewing.scene import Scene
from offline_tools.viewing.screen import SUFFIX, has_display, open_file, open_viewer
from offline_tools.viewing.tally import Say, Tally

Show = Callable[[Scene, Tally], None]


@dataclass(frozen=True)
class ViewPlan:
    """out: a file to write; None: a viewer where there is a screen, else a file of its own name.

    image, maps: topics of a bag. start, end: seconds from its beginning.
    """

    target: Path
    out: Path | None = None
    image: str = ""
    maps: str = ""
    start: float = 0.0
    end: float | None = None


@dataclass(frozen=True)
class Viewed:
    """out: the file that was written; None: a viewer shows it. line: what was shown."""

    out: Path | None
    line: str
    counts: dict[str, int]
    problems: dict[str, int]


def view(plan: ViewPlan, say: Say) -> Viewed:
    """Show a replay's folder or a bag; `say` gets a line for all that is worth one."""
    rerun()  # what is missing is said before anything is read
    if is_replay(plan.target):
        if plan.image or plan.maps:
            raise ReplayError(f"--image, --maps: {plan.target} is a replay, which knows its topics")
        folder = read_folder(plan.target)
        own = plan.target / f"view{SUFFIX}"
        layout = Layout(placed=has_poses(folder), about=True, plots=("times", "shares", "attitude", "checks"))
        return present(
            lambda scene, tally: show_replay(folder, scene, tally, plan.start, plan.end), plan.out, own, layout, say
        )
    _check_bag(plan.target)
    chosen = BagPlan(plan.target, plan.image, plan.maps, plan.start, plan.end)
    topics = bag_topics(chosen)
    own = Path(f"{plan.target.resolve().stem}{SUFFIX}")
    has_maps, has_times = bool(topics.semantic_map), bool(topics.diagnostics)
    plots = (*(("times",) if has_times else ()), *(("shares", "attitude") if has_maps else ()))
    layout = Layout(maps=has_maps, placed=bool(topics.transforms), plots=plots)
    return present(lambda scene, tally: show_bag(chosen, topics, scene, tally), plan.out, own, layout, say)


def present(show: Show, out: Path | None, own: Path, layout: Layout, say: Say) -> Viewed:
    """Open what shows it, and let `show` fill that.

    own: the file's name where nobody gave one and there is no screen. Raises ReplayError where nothing was to be seen.
    """
    if out is None and not has_display():
        out = own
        say(f"there is no screen, so this writes {out}; open it with: rerun {out}")
    tally = Tally(say)
    with _opened(out, layout, say) as stream:
        scene = Scene(stream)
        show(scene, tally)
        if not (tally.counts["photos"] or tally.counts["maps"]):
            reason = " ".join(f"{count} {what} could not be shown" for what, count in tally.problems.items())
            raise ReplayError(f"nothing to see: no photo and no map came ({reason or 'none at all'})")
        if not tally.counts["maps"]:
            say("there are no maps, photos alone; `mia replay` makes maps from a bag")
    return Viewed(out, tally.line(scene.metres), dict(tally.counts), dict(tally.problems))


def _check_bag(target: Path) -> None:
    parts = [path for pattern in ("metadata.yaml", "*.mcap", "*.db3") for path in target.glob(pattern)]
    if target.is_dir() and not parts:
        raise ReplayError(
            f"{target}: neither the folder of a replay (it has no metrics.json) nor a bag (it has no metadata.yaml)"
        )


@contextmanager
def _opened(out: Path | None, layout: Layout, say: Say) -> Iterator[object]:
    arranged = blueprint(layout)
    if out is not None:
        with open_file(out, arranged) as stream:
            yield stream
        return
    with open_viewer(arranged) as stream:
        say("started the viewer, with its analytics switched off; close its window when you have seen enough")
        yield stream
