namespace KvmActors.Host.Report;

/// <summary>How the report looks: on a light and on a dark screen, and on paper, which is always light.</summary>
internal static class ReportStyle
{
    /// <summary>The style sheet. Nothing in it is fetched from anywhere.</summary>
    public const string Css = """
        :root {
          color-scheme: light dark;
          --page: #f7f6f3; --panel: #ffffff; --ink: #1b1f27; --soft: #5c6470; --line: #e2dfd8; --grid: #eeece7;
          --host: #2a6cb8; --guest: #b86a14; --mark: #1b1f27;
          --good: #117153; --bad: #b93517; --late: #a8740a; --gone: #6e7681; --start: #cbc7be;
          --good-soft: #e2f3ec; --bad-soft: #fdebe6;
          --h1: #dfebf8; --h2: #bcd6f0; --h3: #8dbae4; --h4: #5b98d3; --h5: #3275b9; --h6: #1c5596; --h7: #0c3468;
        }
        @media screen and (prefers-color-scheme: dark) {
          :root {
            --page: #121418; --panel: #1a1d23; --ink: #e9e6e1; --soft: #9da5b1; --line: #2d323b; --grid: #252a32;
            --host: #63a5f2; --guest: #e3a350; --mark: #f4f1ec;
            --good: #43c093; --bad: #ff7c62; --late: #e2b23f; --gone: #8b93a0; --start: #454c58;
            --good-soft: #143529; --bad-soft: #43211a;
            --h1: #1c2f48; --h2: #1f4673; --h3: #25629f; --h4: #3781c8; --h5: #5fa4e6; --h6: #9acafa; --h7: #e2f2ff;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0; background: var(--page); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
          font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%;
        }
        main { max-width: 1120px; margin: 0 auto; padding: 40px 24px 56px; }
        header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 16px; margin-bottom: 24px; }
        h1 { font-size: 30px; line-height: 1.2; letter-spacing: -.015em; font-weight: 650; margin: 0; overflow-wrap: anywhere; }
        h2 { font-size: 18px; letter-spacing: -.005em; font-weight: 620; margin: 0 0 4px; }
        h3 { font-size: 15px; font-weight: 620; margin: 24px 0 4px; }
        p { margin: 0 0 12px; max-width: 76ch; }
        .soft, figcaption { color: var(--soft); font-size: 13px; }
        .when { flex-basis: 100%; color: var(--soft); font-size: 13px; }
        .verdict { font-size: 13px; font-weight: 600; padding: 2px 10px; border-radius: 999px; background: var(--good-soft); color: var(--good); }
        .verdict.bad { background: var(--bad-soft); color: var(--bad); }
        section { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 20px 24px; margin: 0 0 20px; }
        dl.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(128px, 1fr)); gap: 1px; margin: 0 0 20px; padding: 0;
          background: var(--panel); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
        dl.tiles div { box-shadow: 0 0 0 1px var(--line); padding: 14px 18px; }
        dl.tiles dt { color: var(--soft); font-size: 12px; }
        dl.tiles dd { margin: 0; font-size: 22px; line-height: 1.3; font-weight: 600; letter-spacing: -.01em; white-space: nowrap; }
        dl.tiles dd.bad { color: var(--bad); }
        table { border-collapse: collapse; width: 100%; font-size: 13px; }
        th { text-align: left; font-weight: 600; color: var(--soft); font-size: 12px; }
        th, td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--grid); vertical-align: top; }
        thead th { border-bottom-color: var(--line); }
        tbody tr:last-child > * { border-bottom: 0; }
        .n { text-align: right; white-space: nowrap; }
        .nowrap { white-space: nowrap; }
        .message { overflow-wrap: anywhere; }
        .scroll { overflow-x: auto; }
        code, pre { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 12px; }
        pre { margin: 8px 0 0; padding: 12px 14px; background: var(--page); border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; line-height: 1.45; }
        details { border-top: 1px solid var(--grid); padding: 8px 0; }
        summary { cursor: pointer; overflow-wrap: anywhere; }
        figure { margin: 12px 0 0; overflow-x: auto; }
        figcaption { margin-top: 6px; }
        svg { display: block; width: 100%; min-width: 640px; height: auto; overflow: visible; }
        svg text { fill: var(--soft); font: 11px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
        svg text.strong { fill: var(--ink); font-weight: 600; font-size: 12.5px; }
        svg text.mark { font-size: 10px; fill: var(--ink); paint-order: stroke; stroke: var(--panel); stroke-width: 3px; stroke-linejoin: round; }
        svg text.end { text-anchor: end; }
        svg text.mid { text-anchor: middle; }
        .narrow { display: none; }
        dl.facts { margin: 8px 0 16px; font-size: 13px; }
        dl.facts div { display: flex; gap: 4px 16px; padding: 3px 0; }
        dl.facts dt { flex: 0 0 90px; color: var(--soft); }
        dl.facts dd { margin: 0; overflow-wrap: anywhere; }
        .grid { stroke: var(--grid); stroke-width: 1; fill: none; }
        .axis { stroke: var(--line); stroke-width: 1; fill: none; }
        .tick { stroke: var(--mark); stroke-width: 1; }
        .host { fill: var(--host); } .guest { fill: var(--guest); }
        .over { fill-opacity: .22; stroke-width: 1.2; } .over.host { stroke: var(--host); } .over.guest { stroke: var(--guest); }
        .c1 { fill: var(--h1); } .c2 { fill: var(--h2); } .c3 { fill: var(--h3); } .c4 { fill: var(--h4); }
        .c5 { fill: var(--h5); } .c6 { fill: var(--h6); } .c7 { fill: var(--h7); }
        .good { fill: var(--good); } .bad { fill: var(--bad); } .late { fill: var(--late); } .gone { fill: var(--gone); }
        .starting { fill: var(--start); }
        .key { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin: 0 6px 0 0; }
        .key + .key { margin-left: 0; }
        .legend { display: flex; flex-wrap: wrap; gap: 4px 18px; color: var(--soft); font-size: 13px; margin: 4px 0 0; }
        .k-host { background: var(--host); } .k-guest { background: var(--guest); } .k-good { background: var(--good); }
        .k-bad { background: var(--bad); } .k-late { background: var(--late); } .k-gone { background: var(--gone); }
        .k-starting { background: var(--start); }
        .k1 { background: var(--h1); } .k2 { background: var(--h2); } .k3 { background: var(--h3); } .k4 { background: var(--h4); }
        .k5 { background: var(--h5); } .k6 { background: var(--h6); } .k7 { background: var(--h7); }
        .ramp { display: inline-flex; gap: 2px; align-items: center; }
        .ramp .key { width: 18px; margin: 0; }
        .bar { display: inline-block; height: 8px; border-radius: 2px; background: var(--host); vertical-align: middle; min-width: 1px; }
        .stack { display: flex; gap: 2px; height: 12px; border-radius: 4px; overflow: hidden; margin: 8px 0 12px; }
        .stack span { min-width: 3px; }
        footer { color: var(--soft); font-size: 12px; max-width: 90ch; }
        @media screen and (max-width: 640px) {
          main { padding: 24px 12px 40px; } section { padding: 16px 14px; }
          .wide { display: none; } .narrow { display: block; }
          svg { min-width: 860px; } .narrow svg { min-width: 0; }
          dl.tiles { grid-template-columns: repeat(3, 1fr); } dl.tiles div { padding: 10px 12px; } dl.tiles dd { font-size: 17px; }
          .message { min-width: 150px; }
          dl.facts div { flex-direction: column; gap: 0; }
          dl.facts dt { flex-basis: auto; }
        }
        @media print {
          body { background: #fff; font-size: 12px; } main { max-width: none; padding: 0; }
          section, dl.tiles { border-radius: 0; }
          figure, tr, dl.tiles { break-inside: avoid; } h2, h3 { break-after: avoid; }
          * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          svg { min-width: 0; } figure, .scroll, pre { overflow: visible; } pre { white-space: pre-wrap; }
        }
        """;
}
