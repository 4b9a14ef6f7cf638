# SPDX-License-Identifier: Apache-2.0
"""The page of a comparison: no script, nothing fetched, light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from offline_tools.compare.paired import Difference
from offline_tools.compare.reading import Replay
from offline_tools.compare.rows import Row
from offline_tools.compare.sights import Sight
from offline_tools.evaluation.report.colours import DARK_PAPER, LIGHT_PAPER, css
from offline_tools.evaluation.report.head import HEAD
from offline_tools.evaluation.report.tables import NOTHING, shown
from offline_tools.replay.checks.scores import first_sentence

_PAGE = (
    HEAD
    + """\
  :root { --good: #067647; --bad: #b42318; }
  @media (prefers-color-scheme: dark) {
    :root { --good: #47cd89; --bad: #f97066; }
  }
  main { max-width: 1120px; margin: 0 auto; padding: 22px 16px 48px; }
  h1 { margin: 0; font-size: 24px; line-height: 1.2; overflow-wrap: anywhere; }
  h2 { margin: 28px 0 6px; font-size: 18px; }
  h3 { margin: 0 0 6px; font-size: 14px; }
  p, li { max-width: 74ch; color: var(--soft); overflow-wrap: anywhere; }
  .scroll { overflow-x: auto; margin: 8px 0; background: var(--card); border: 1px solid var(--line);
            border-radius: 10px; }
  thead th { border-top: 0; font-weight: 500; color: var(--soft); white-space: normal; overflow-wrap: anywhere; }
  .good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
  small { color: var(--soft); font-weight: 400; }
  .card { margin: 10px 0; padding: 10px 14px; background: var(--card); border: 1px solid var(--line);
          border-radius: 10px; }
  .row { display: grid; gap: 8px; grid-template-columns: repeat(auto-fit, minmax(min(150px, 45%), 1fr)); }
  figure img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; background: #1c1c1e;
               border-radius: 6px; }
  figcaption { font-size: 12px; color: var(--soft); overflow-wrap: anywhere; }
</style>
<link rel="icon" href="data:,">
</head>
<body>
<main>
<h1><!--title--></h1>
<p><!--facts--></p>
<ul><!--replays--></ul>
<!--tables-->
<h2>Where they differ most</h2>
<!--sights-->
</main>
</body>
</html>
"""
)


def comparison_page(
    record: Mapping[str, Any], rows: Sequence[Row], replays: Sequence[Replay], sights: Sequence[Sight]
) -> str:
    """HTML text."""
    names = [each.name for each in replays]
    bootstrap = record["bootstrap"]
    parts = {
        "title": escape(" against ".join(names)),
        "facts": f"{record['images_in_common']} images in common. Differences are from {escape(names[0])}, with their "
        f"{bootstrap['level']:.0%} interval over {escape(bootstrap['over'])}; in colour where that leaves out zero.",
        "replays": "".join(f"<li>{escape(_replay(each))}</li>" for each in replays),
        "tables": "".join(_table(group, rows, names) for group in dict.fromkeys(row.group for row in rows)),
        "sights": "".join(_sight(each, names) for each in sights) or "<p>No image has numbers in all replays.</p>",
        "light": css(LIGHT_PAPER),
        "dark": css(DARK_PAPER),
    }
    page = _PAGE
    for name, text in parts.items():
        page = page.replace(f"<!--{name}-->", text)
    return page


def _replay(replay: Replay) -> str:
    engine, bag = replay.metrics["engine"], replay.metrics["bag"]
    return (
        f"{replay.name}: {engine['name']}, {engine['preset']}, {engine['precision']} on {engine['backend']}; "
        f"trained on: {first_sentence(engine['training'])}; {bag['path']}"
    )


def _table(group: str, rows: Sequence[Row], names: Sequence[str]) -> str:
    head = ["", names[0], *(cell for name in names[1:] for cell in (name, "difference"))]
    lines = "".join(_line(row) for row in rows if row.group == group)
    cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    return f'<h2>{escape(group)}</h2><div class="scroll"><table><thead><tr>{cells}</tr></thead>{lines}</table></div>'


def _line(row: Row) -> str:
    cells = [shown(row.values[0])]
    for value, between in zip(row.values[1:], row.differences, strict=True):
        cells += [shown(value), _difference(between, row.more_is_better)]
    return f"<tr><th>{escape(row.name)}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _difference(found: Difference, more_is_better: bool | None) -> str:
    if found.value is None:
        return NOTHING
    text = f"{found.value:+.3f}"
    if found.clear and more_is_better is not None:
        kind = "good" if (found.value > 0) == more_is_better else "bad"
        text = f'<span class="{kind}">{text}</span>'
    if found.low is None or found.high is None:
        return text
    return f"{text} <small>{found.low:+.3f} to {found.high:+.3f}</small>"


def _sight(sight: Sight, names: Sequence[str]) -> str:
    figures = [_figure(sight.photo, "photo", "")]
    for name, uri, value in zip(names, sight.maps, sight.values, strict=True):
        figures.append(_figure(uri, f"{name}, {sight.merit} {shown(value)}", "map"))
    return f'<div class="card"><h3>{escape(sight.title)}</h3><div class="row">{"".join(figures)}</div></div>'


def _figure(uri: str, words: str, kind: str) -> str:
    picture = f'<img class="{kind}" src="{uri}" alt="{escape(words)}">' if uri else "<p>none</p>"
    return f"<figure>{picture}<figcaption>{escape(words)}</figcaption></figure>"
