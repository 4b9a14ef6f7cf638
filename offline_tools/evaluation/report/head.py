# SPDX-License-Identifier: Apache-2.0
"""How our pages begin and look, light and dark: each goes on with rules of its own, `</style>`, and its body.

No script, and nothing fetched. What stands between `<!--` and `-->` is filled in: title, light and dark (the cards).
"""

HEAD = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title><!--title--></title>
<style>
  :root { --paper: #f6f5f2; --card: <!--light-->; --ink: #23262d; --soft: #626875; --line: #dedcd5; }
  @media (prefers-color-scheme: dark) {
    :root { --paper: #16181d; --card: <!--dark-->; --ink: #e7e8ea; --soft: #a0a6b2; --line: #3a3e48; }
  }
  * { box-sizing: border-box; }
  body { margin: 0; background: var(--paper); color: var(--ink);
         font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; }
  p { margin: 0 0 10px; max-width: 74ch; color: var(--soft); }
  .tile span { display: block; font-size: 13px; color: var(--soft); }
  .pair { display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(min(360px, 100%), 1fr)); }
  svg text { font: 11px system-ui, "Liberation Sans", sans-serif; fill: var(--soft); }
  svg .name, svg .value { fill: var(--ink); font-size: 12px; }
  svg .grid { stroke: var(--line); }
  svg .dot { stroke: var(--card); stroke-width: 1.2; }
  svg .whisker { fill: none; stroke: var(--ink); stroke-width: 1.3; }
  .scroll { overflow-x: auto; margin: 8px 0 4px; background: var(--card); border: 1px solid var(--line);
            border-radius: 10px; }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
  th, td { padding: 6px 9px; text-align: right; white-space: nowrap; border-top: 1px solid var(--line); }
  th:first-child { position: sticky; left: 0; background: var(--card); text-align: left; font-weight: 500; }
  tr.sum th, tr.sum td { font-weight: 600; border-top: 2px solid var(--line); }
  tr.sum + tr.sum th, tr.sum + tr.sum td { border-top-width: 1px; }
  i { display: inline-block; width: 0.8em; height: 0.8em; margin-right: 0.45em; border-radius: 3px;
      vertical-align: -0.05em; }
  .shown { display: grid; gap: 12px; grid-template-columns: repeat(auto-fill, minmax(min(480px, 100%), 1fr)); }
  .four { display: grid; gap: 8px; grid-template-columns: 1fr 1fr; margin-top: 6px; }
  figure { margin: 0; min-width: 0; }
  figure .map { image-rendering: pixelated; }
  figcaption { font-size: 12px; color: var(--soft); }
  summary { cursor: pointer; }
  pre { overflow-x: auto; font-size: 12px; line-height: 1.4; padding: 12px; background: var(--card);
        border: 1px solid var(--line); border-radius: 10px; }
  @media print { .card, .tile { break-inside: avoid; } }
"""
