# SPDX-License-Identifier: Apache-2.0
"""The frame of the gallery: what stands between `<!--` and `-->` is filled in. Its looks are those of an evaluation."""

from offline_tools.evaluation.report.head import HEAD

PAGE = (
    HEAD
    + """\
  :root { --bar: #4b7bb5; --p0: #2f6fb3; --p1: #c98a12; --p2: #c0397b; --p3: #8b93a1; --area: #ecebe6;
          --bad: #b42318; }
  @media (prefers-color-scheme: dark) {
    :root { --bar: #6d9ad1; --p0: #6ea8e6; --p1: #f0b64a; --p2: #ef7db0; --p3: #7d8592; --area: #2a2e37;
            --bad: #f97066; }
  }
  main { max-width: 1120px; margin: 0 auto; padding: 24px 16px 48px; }
  h1 { margin: 0; font-size: 25px; line-height: 1.2; letter-spacing: -0.01em; overflow-wrap: anywhere; }
  h2 { margin: 32px 0 6px; font-size: 18px; }
  h3 { margin: 0 0 4px; font-size: 14px; font-weight: 600; overflow-wrap: anywhere; }
  a { color: inherit; text-underline-offset: 2px; }
  .facts { margin: 6px 0 16px; max-width: none; overflow-wrap: anywhere; }
  .tiles { display: grid; gap: 10px; grid-template-columns: repeat(auto-fit, minmax(min(140px, 100%), 1fr)); }
  .tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 10px 14px;
                 min-width: 0; }
  .tile b { display: block; font-size: 25px; line-height: 1.2; font-weight: 600; font-variant-numeric: tabular-nums; }
  .pair > .card { align-self: start; }
  .card p { margin: 0 0 6px; font-size: 13px; overflow-wrap: anywhere; }
  .bars { display: grid; grid-template-columns: minmax(80px, max-content) 1fr max-content; gap: 5px 10px;
          align-items: center; margin: 0; font-size: 13px; }
  .bars dt { overflow-wrap: anywhere; max-width: 190px; line-height: 1.25; }
  .bars div { display: contents; }
  .bars dd { margin: 0; font-variant-numeric: tabular-nums; text-align: right; }
  .bars dd.bar { height: 13px; border-radius: 3px; background: var(--area); }
  .bars dd.bar span { display: block; height: 100%; min-width: 1px; border-radius: 3px; background: var(--bar); }
  svg { display: block; width: 100%; max-width: 560px; max-height: 560px; height: auto; margin: 0 auto; }
  svg .outline { fill: var(--area); stroke: var(--soft); stroke-width: 1; fill-rule: evenodd; }
  svg .scale { fill: none; stroke: var(--soft); stroke-width: 1.2; }
  svg text { font-size: 14px; }
  svg .p0 { fill: var(--p0); } svg .p1 { fill: var(--p1); } svg .p2 { fill: var(--p2); } svg .p3 { fill: var(--p3); }
  thead th { border-top: 0; font-weight: 500; color: var(--soft); font-size: 13px; vertical-align: bottom;
             white-space: normal; min-width: 4.6em; line-height: 1.25; }
  tbody th { max-width: min(46vw, 420px); min-width: 7em; white-space: normal; overflow-wrap: anywhere; }
  .legend { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 2px 0 10px; padding: 0; list-style: none;
            font-size: 13px; color: var(--soft); }
  .shown .two { display: grid; gap: 8px; grid-template-columns: 1fr 1fr; align-items: start; }
  .two img { display: block; width: 100%; border-radius: 6px; }
  .two .photo img { aspect-ratio: 1; object-fit: contain; background: #1c1c1e; }
  .two .shade { position: relative; }
  .two .shade img + img { position: absolute; inset: 0; height: 100%; image-rendering: pixelated; }
  .card .broken { color: var(--bad); }
  footer { margin-top: 30px; padding-top: 12px; border-top: 1px solid var(--line); font-size: 13px; }
</style>
<link rel="icon" href="data:,">
</head>
<body>
<main>
<header><h1><!--title--></h1><p class="facts"><!--facts--></p></header>
<div class="tiles"><!--tiles--></div>
<h2>From an area to samples</h2>
<div class="pair"><div class="card"><h3>What each step left</h3><!--steps--></div>
<div class="card"><h3>Key frames that became no sample</h3><!--left-out--></div></div>
<h2>What the filters keep</h2>
<p>The recipe is <!--recipe-->. In its order, each filter sees what those before it have kept; the last column is what
it would keep of all photos if it were the only one.</p>
<!--yields-->
<!--places-yields-->
<h2>Where</h2>
<p>Cells of ground with photos, by the part of the split that most of them are in; the shaded area is where photos were
looked for.</p>
<ul class="legend"><!--parts-legend--></ul>
<div class="pair"><!--grounds--></div>
<h2>When, and with what</h2>
<div class="pair"><div class="card"><h3>Photos by year</h3><!--years--></div>
<div class="card"><h3>Camera types</h3><!--types--></div>
<div class="card"><h3>Makes</h3><!--makes--></div><div class="card"><h3>Models</h3><!--models--></div></div>
<h2>What the maps show</h2>
<div class="pair"><div class="card"><h3>Share of the ground</h3><!--shares--></div>
<div class="card"><h3>Maps that have it at all</h3><!--present--></div></div>
<h2>Samples</h2>
<p>Drawn by lot. A map is 112 m x 112 m around the camera, the arrow, and up is where it looks; what buildings hide from
it, or lies behind it, is dimmed.</p>
<ul class="legend"><!--map-legend--></ul>
<div class="shown"><!--samples--></div>
<footer><p>Photos © their creators, contributors to Mapillary, CC BY-SA 4.0; shown here undistorted and smaller.
ATTRIBUTION.md names them all. Map data © OpenStreetMap contributors, Open Database License (ODbL) 1.0,
<a href="https://www.openstreetmap.org/copyright" rel="noreferrer">openstreetmap.org/copyright</a>.</p></footer>
</main>
</body>
</html>
"""
)
