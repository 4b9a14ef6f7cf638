# SPDX-License-Identifier: Apache-2.0
"""The frame of the page: what stands between `<!--` and `-->` is filled in. Its looks are those of an evaluation."""

from offline_tools.evaluation.report.head import HEAD

PAGE = (
    HEAD
    + """\
  :root {
          --bad: #b42318; --warn: #b54708; --info: #475467; --good: #067647;
          --s0: #2563eb; --s1: #d97706; --s2: #059669; --s3: #9333ea; --s4: #dc2626; --s5: #0891b2;
          --q0: #a50026; --q1: #e8663f; --q2: #e0b23c; --q3: #5aa9a0; --q4: #23479a;
          <!--light-colours--> }
  @media (prefers-color-scheme: dark) {
    :root {
            --bad: #f97066; --warn: #fdb022; --info: #98a2b3; --good: #47cd89;
            --s0: #60a5fa; --s1: #fbbf24; --s2: #34d399; --s3: #c084fc; --s4: #f87171; --s5: #22d3ee;
            --q0: #e5484d; --q1: #f59a6b; --q2: #f2d16b; --q3: #79c9bf; --q4: #7aa2f7;
            <!--dark-colours--> }
  }
  main { max-width: 1120px; margin: 0 auto; padding: 22px 16px 48px; }
  h1 { margin: 0; font-size: 24px; line-height: 1.2; letter-spacing: -0.01em; overflow-wrap: anywhere; }
  h2 { margin: 30px 0 6px; font-size: 18px; }
  h3 { margin: 0 0 2px; font-size: 14px; font-weight: 600; overflow-wrap: anywhere; }
  .facts { margin: 4px 0 12px; max-width: none; overflow-wrap: anywhere; }
  .verdict { margin: 0; padding: 0; list-style: none; background: var(--card); border: 1px solid var(--line);
             border-radius: 10px; }
  .verdict li { display: grid; grid-template-columns: 20px 1fr; gap: 10px; padding: 6px 12px; font-size: 14px;
                line-height: 1.4; border-top: 1px solid var(--line); }
  .verdict li:first-child { border-top: 0; }
  .verdict .sign { width: 18px; height: 18px; margin-top: 1px; border-radius: 9px; color: var(--card); font-weight: 700;
                   font-size: 12px; line-height: 18px; text-align: center; }
  .verdict div { min-width: 0; overflow-wrap: anywhere; color: var(--soft); }
  .verdict b { color: var(--ink); font-weight: 600; margin-right: 0.3em; }
  .verdict em { font-style: normal; color: var(--ink); }
  .verdict .bad .sign { background: var(--bad); } .verdict .warn .sign { background: var(--warn); }
  .verdict .info .sign { background: var(--info); } .verdict .good .sign { background: var(--good); }
  .verdict .bad b { color: var(--bad); } .verdict .warn b { color: var(--warn); }
  .tiles { display: grid; gap: 10px; margin-top: 12px;
           grid-template-columns: repeat(auto-fit, minmax(min(150px, 100%), 1fr)); }
  .tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 10px 14px;
                 min-width: 0; }
  .tile b { display: block; font-size: 24px; line-height: 1.2; font-weight: 600; font-variant-numeric: tabular-nums; }
  .apart { margin-top: 14px; padding: 10px 12px 12px; border: 2px dashed var(--line); border-radius: 12px; }
  .apart > p { margin: 0; }
  .pair > .card { align-self: start; }
  svg { display: block; width: 100%; max-width: 560px; height: auto; margin: 0 auto; }
  svg .line { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
  svg .band { opacity: 0.22; }
  svg .way { stroke-width: 4.5; stroke-linecap: round; }
  svg .stop { stroke: var(--ink); stroke-width: 1.6; }
  svg .problem { stroke: var(--bad); stroke-width: 1; }
  thead th { border-top: 0; font-weight: 500; color: var(--soft); font-size: 13px; vertical-align: bottom;
             white-space: normal; min-width: 4.4em; line-height: 1.25; }
  .legend { display: flex; flex-wrap: wrap; gap: 2px 14px; margin: 2px 0 6px; padding: 0; list-style: none;
            font-size: 13px; color: var(--soft); }
  figure img { display: block; width: 100%; aspect-ratio: 4 / 3; object-fit: contain; background: #1c1c1e;
               border-radius: 6px; }
  details { margin-top: 10px; }
  ul.notes { margin: 0; padding-left: 20px; overflow-wrap: anywhere; color: var(--soft); }
</style>
<link rel="icon" href="data:,">
</head>
<body>
<main>
<header><h1><!--title--></h1><p class="facts"><!--facts--></p></header>
<ul class="verdict"><!--verdict--></ul>
<div class="tiles"><!--tiles--></div>
<!--scores-->
<h2>Along the drive</h2>
<p>Red ticks at the bottom are images without a map. Long recordings are shown as medians, with a band of the least and
the most.</p>
<div class="pair"><!--plots--></div>
<h2>Time for an image</h2>
<!--times-->
<h2>Moments</h2>
<ul class="legend"><!--map-legend--></ul>
<div class="shown"><!--pictures--></div>
<!--problems-->
<!--notes-->
<h2>What exactly was run</h2>
<!--run-->
<details><summary>Resolved configuration</summary><pre><!--configuration--></pre></details>
</main>
</body>
</html>
"""
)
