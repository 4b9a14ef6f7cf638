# SPDX-License-Identifier: Apache-2.0
"""The frame of the page: what stands between `<!--` and `-->` is filled in."""

from offline_tools.evaluation.report.head import HEAD

PAGE = (
    HEAD
    + """\
  :root { --warn: #9a3412;
          <!--light-colours--> }
  @media (prefers-color-scheme: dark) {
    :root { --warn: #fdba74;
            <!--dark-colours--> }
  }
  main { max-width: 1120px; margin: 0 auto; padding: 26px 16px 48px; }
  h1 { margin: 0; font-size: 25px; line-height: 1.2; letter-spacing: -0.01em; overflow-wrap: anywhere; }
  h2 { margin: 34px 0 4px; font-size: 18px; }
  h3 { margin: 0 0 2px; font-size: 14px; font-weight: 600; }
  .facts { margin: 6px 0 18px; overflow-wrap: anywhere; }
  .warn { color: var(--warn); }
  .tiles { display: grid; gap: 10px; grid-template-columns: repeat(auto-fit, minmax(155px, 1fr)); }
  .tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px; }
  .tile b { display: block; font-size: 27px; line-height: 1.15; font-weight: 600;
            font-variant-numeric: tabular-nums; }
  .small { display: grid; gap: 12px; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); }
  .small .card { padding: 8px 8px 4px; }
  svg { display: block; width: 100%; max-width: 520px; height: auto; margin: 0 auto; overflow: visible; }
  svg .frame { fill: none; stroke: var(--line); }
  svg .even { stroke: var(--soft); stroke-dasharray: 3 3; }
  svg .line { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
  svg .soft { fill-opacity: 0.75; stroke: var(--card); stroke-width: 0.8; }
  svg .mark { fill: none; stroke: var(--ink); stroke-width: 2; stroke-dasharray: 2 2; }
  thead th { border-top: 0; font-weight: 500; color: var(--soft); font-size: 13px; vertical-align: bottom;
             white-space: normal; min-width: 4.6em; line-height: 1.25; }
  .legend { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 4px 0 10px; padding: 0; list-style: none;
            font-size: 13px; color: var(--soft); }
  .shown h3 { overflow-wrap: anywhere; }
  figure img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; background: #1c1c1e;
               border-radius: 6px; }
  details { margin-top: 12px; }
</style>
</head>
<body>
<main>
<header><h1><!--title--></h1><p class="facts"><!--facts--></p><!--warning--></header>
<div class="tiles"><!--tiles--></div>
<h2>Classes and distance</h2>
<p>IoU at a threshold of 0.5: cells that are predicted and true, of those that are either, over all samples at once.
Left, with its 95 % interval over sequences<!--mark-->; right, by the distance of the cell.</p>
<div class="pair"><div class="card"><!--bars--></div><div class="card"><!--lines--></div></div>
<ul class="legend"><!--legend--></ul>
<!--classes-->
<!--ranges-->
<h2>Can the probabilities be trusted?</h2>
<p>Across: the probability that was given. Up: how often the class was there. On the dashed line it is as often as was
said, below it the map is too sure. Larger dots stand for more cells. ECE is the mean distance from the line.</p>
<div class="small"><!--reliability--></div>
<h2>Which threshold is best?</h2>
<p>IoU over the threshold, the dot at its best; dashed: 0.5. Thresholds that were chosen here look better here than they
will elsewhere: choose them on a validation split.</p>
<div class="small"><!--thresholds--></div>
<h2>Best samples</h2>
<p>Agreement is the IoU over all classes at once, in one sample. Cells that buildings hide are dimmed, what lies outside
the camera's view is black; neither counts. Up is ahead, 50 m x 50 m.</p>
<ul class="legend"><!--map-legend--></ul>
<div class="shown"><!--best--></div>
<h2>Worst samples</h2>
<div class="shown"><!--worst--></div>
<h2>Where, and with which cameras</h2>
<!--locations-->
<!--cameras-->
<h2>What exactly was measured</h2>
<p>Cells are observable if they lie inside the network's horizontal frustum and no building hides them; only they count.
A class that neither the truth nor the prediction holds has no IoU (–) and is left out of the macro mean. "Avg. R, S"
is the mean of road and sidewalk. Distances are from the camera to a cell's centre; the corners beyond 50 m count in
the totals alone. Intervals come from drawing whole sequences again: neighbouring frames show the same place.</p>
<!--skipped-->
<details><summary>Resolved configuration</summary><pre><!--configuration--></pre></details>
</main>
</body>
</html>
"""
)
