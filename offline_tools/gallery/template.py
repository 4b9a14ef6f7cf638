# SPDX-License-Identifier: Apache-2.0
"""The frame of a gallery page: what stands between `<!--` and `-->` is filled in."""

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title><!--title--></title>
<style>
  :root { --ink: #262a32; --soft: #6b7280; --line: #e4e2dc; --paper: #fbfaf7; }
  * { box-sizing: border-box; }
  body { margin: 0; padding: 28px clamp(14px, 3vw, 44px); background: var(--paper); color: var(--ink);
         font: 15px/1.45 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; }
  h1 { margin: 0; font-size: 26px; letter-spacing: -0.01em; overflow-wrap: anywhere; }
  header p { margin: 4px 0 14px; color: var(--soft); }
  ul { list-style: none; margin: 0; padding: 0; }
  i { display: inline-block; width: 0.85em; height: 0.85em; margin-right: 0.45em; border-radius: 3px;
      border: 1px solid rgb(0 0 0 / 18%); vertical-align: -0.06em; }
  b { font-weight: 500; font-variant-numeric: tabular-nums; color: var(--soft); }
  .bar { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: 6px 22px; margin: 0 0 18px;
         padding: 10px 0; background: var(--paper); border-bottom: 1px solid var(--line); }
  .legend { display: flex; flex-wrap: wrap; gap: 4px 20px; }
  .switch { color: var(--soft); cursor: pointer; }
  .grid { display: grid; gap: 20px; grid-template-columns: repeat(auto-fill, minmax(min(310px, 100%), 1fr)); }
  .card { background: #fff; border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
  .wide { grid-column: span 2; }
  .pictures { display: flex; background: #f0eee8; }
  .pictures > div { flex: 1 1 0; min-width: 0; }
  .map { position: relative; }
  .map img, .photo img { display: block; width: 100%; }
  .map .shade { position: absolute; inset: 0; height: 100%; image-rendering: pixelated; visibility: hidden; }
  body:has(#shade:checked) .map .shade { visibility: visible; }
  .photo img { aspect-ratio: 1; object-fit: contain; }
  .map .empty { position: absolute; inset: auto 0 14%; margin: 0; text-align: center; color: var(--soft); }
  .broken { padding: 14px; color: #a33; font-size: 13px; overflow-wrap: anywhere; }
  .text { padding: 10px 14px 13px; }
  h2 { margin: 0; font-size: 15px; overflow-wrap: anywhere; }
  .where { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 12px; margin: 1px 0 8px;
           font-size: 13px; color: var(--soft); font-variant-numeric: tabular-nums; }
  .where a { color: inherit; text-underline-offset: 2px; }
  .heading svg { width: 13px; height: 13px; margin-right: 5px; vertical-align: -2px; fill: var(--ink); }
  .shares { display: grid; grid-template-columns: repeat(3, auto); gap: 1px 14px; font-size: 12px; }
  .shares { white-space: nowrap; }
  .shares li { display: flex; align-items: baseline; }
  .shares i { flex: none; width: 0.75em; height: 0.75em; }
  .shares b { margin-left: auto; padding-left: 5px; }
  .shares .none { opacity: 0.35; }
  footer { margin-top: 26px; padding-top: 12px; border-top: 1px solid var(--line); }
  footer { font-size: 13px; color: var(--soft); }
  @media (max-width: 640px) { .wide { grid-column: span 1; } }
  @media print { .bar { position: static; } .card { break-inside: avoid; } }
</style>
</head>
<body>
<header><h1><!--title--></h1><p><!--facts--></p></header>
<div class="bar"><ul class="legend"><!--legend--></ul><!--switch--></div>
<main class="grid">
<!--cards-->
</main>
<footer><!--licence--></footer>
</body>
</html>
"""
