extension HTMLReport {
  /// The colours of a dark page, which a page without a script takes where the system is dark.
  static let dark = #"""
    color-scheme:dark;--page:#12161d;--panel:#1a2029;--ink:#e3e8f0;--soft:#9aa6b8;
    --line:#2d3644;--link:#7db8ff;--error:#ff9d94;--warning:#f0c15c;--good:#7fd6a0;--mark:#5a2522;--mark-ink:#ffd9d4;
    --code:#222a35;--error-soft:#40211f;--warning-soft:#3a2e15;--good-soft:#1c3526
    """#

  static let style = #"""
    :root{color-scheme:light;--page:#f5f6f8;--panel:#fff;--ink:#1c2330;--soft:#5a6475;--line:#dde1e8;--link:#0b5cad;
    --error:#b3261e;--warning:#8a5a00;--good:#1d6b3a;--mark:#ffe3df;--mark-ink:#8c1d18;--code:#f1f3f6;
    --error-soft:#fbe9e7;--warning-soft:#fdf1d9;--good-soft:#e3f3e8}
    :root[data-theme=dark]{\#(dark)}
    *{box-sizing:border-box}
    body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
    header,main,noscript p{max-width:1280px;margin:0 auto;padding:0 24px}
    header{display:flex;gap:16px;align-items:center;justify-content:space-between;padding-top:24px}
    h1{font-size:24px;margin:0}h2{font-size:16px;margin:0 0 4px}
    h1 span,.hint,#headline,.soft{color:var(--soft)}h1 span{font-weight:400}
    #headline{margin:2px 0 0}.hint{margin:0 0 10px;font-size:13px}
    main{padding-top:16px;padding-bottom:48px}section{margin-bottom:16px}
    code,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:13px}
    .panel,.card,.row,#problems,#notes{background:var(--panel);border:1px solid var(--line);border-radius:8px}
    .panel{padding:16px;min-width:0}
    #cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px}
    .card{padding:12px 16px}.card b{display:block;font-size:26px;line-height:1.2;font-variant-numeric:tabular-nums}
    .card.error b{color:var(--error)}.card.good b{color:var(--good)}.card.warning b{color:var(--warning)}
    #overview{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:16px}
    @media(max-width:900px){#overview{grid-template-columns:minmax(0,1fr)}}
    #map{position:relative;height:320px}
    .tile{position:absolute;overflow:hidden;border:1px solid var(--panel);border-radius:4px;padding:6px 8px;
    text-align:left;color:#fff;font:12px/1.3 system-ui,sans-serif;cursor:pointer;background:#4a5568;
    display:flex;flex-direction:column;align-items:flex-start}
    .tile b{display:block;max-width:100%;font-size:13px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
    .tile span{opacity:.9}.tile:hover,.tile:focus-visible{filter:brightness(1.15);outline:2px solid var(--link)}
    [data-family=BP1]{background:#2b5f9e}[data-family=BP2]{background:#1f6f6b}
    [data-family=BP3]{background:#5b4b9a}[data-family=BP4]{background:#a8362c}
    [data-family=BP5]{background:#8a5a12}[data-family=RC1]{background:#8a3a6a}
    [data-family=ZP1]{background:#6b5344}[data-family=BP9]{background:#46606e}[data-family=rest]{background:#5d6673}
    .dot{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:8px;vertical-align:-1px}
    table{border-collapse:collapse;width:100%;font-size:14px}
    th{font-weight:600;text-align:left;color:var(--soft);font-size:13px}
    th,td{padding:5px 8px;border-bottom:1px solid var(--line);vertical-align:top}
    th:first-child,td:first-child{padding-left:0;white-space:nowrap}
    .number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
    #rules tbody tr{cursor:pointer}#rules tbody tr:hover{background:var(--code)}
    #filters{position:sticky;top:0;z-index:2;display:flex;flex-wrap:wrap;gap:8px;align-items:center;
    background:var(--page);padding:8px 0}
    input,select,button{font:inherit;font-size:14px;color:var(--ink);background:var(--panel);
    border:1px solid var(--line);border-radius:6px;padding:6px 10px}
    button{cursor:pointer;white-space:nowrap}button:hover{border-color:var(--soft)}#text{flex:1 1 240px}#family{max-width:230px}
    #shown{margin-left:auto;color:var(--soft);font-size:14px}
    .chip{display:inline-block;margin-right:6px;border-radius:999px;padding:4px 12px}
    .row{margin-bottom:8px}.row summary{cursor:pointer;padding:10px 14px;list-style:none;display:grid;gap:4px 12px;
    grid-template-columns:76px minmax(0,1fr) auto}
    .row summary::-webkit-details-marker{display:none}
    .row summary:hover{background:var(--code);border-radius:8px}
    .badge{align-self:start;border-radius:4px;padding:1px 8px;font-weight:600;font-size:13px;text-align:center}
    .badge.error{color:var(--error);background:var(--error-soft)}
    .badge.warning{color:var(--warning);background:var(--warning-soft)}
    .badge.note{color:var(--soft);background:var(--code)}.also{color:var(--link)}dd .place{margin-bottom:2px}
    .place{overflow-wrap:anywhere;font-size:14px}.fate{font-size:13px;text-align:right;max-width:300px;
    overflow-wrap:anywhere}
    .fate.yes{color:var(--good)}.fate.no{color:var(--error)}
    .string{grid-column:2/-1;overflow-wrap:anywhere;background:var(--code);border-radius:4px;padding:4px 8px}
    .row:not([open]) .string{max-height:54px;overflow:hidden}
    mark{background:var(--mark);color:var(--mark-ink);border-radius:2px}
    .row dl{margin:0;padding:2px 14px 12px 102px;display:grid;grid-template-columns:90px minmax(0,1fr);gap:2px 12px;
    font-size:14px}
    dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}a{color:var(--link)}
    @media(max-width:640px){.row summary{grid-template-columns:76px minmax(0,1fr)}.fate{grid-column:2;text-align:left}
    .row dl{padding-left:14px;grid-template-columns:minmax(0,1fr)}header,main{padding-left:12px;padding-right:12px}
    .panel{padding:12px}#map{height:260px}#cards{grid-template-columns:1fr 1fr}#filters{position:static}
    #family,#severity,#fixable{flex:1 1 100%;max-width:none}#rules{font-size:13px}
    #rules td:nth-child(2){overflow-wrap:anywhere}th,td{padding:5px 4px}}
    #more{width:100%}#notes,#problems{padding:14px 16px}#problems{border-color:var(--error)}
    #notes ul,#problems ul{margin:4px 0 0;padding-left:20px;overflow-wrap:anywhere}
    .empty{padding:32px;text-align:center;color:var(--soft)}
    @media print{:root,:root[data-theme=dark]{color-scheme:light;--page:#fff;--panel:#fff;--ink:#000;--soft:#444;
    --line:#bbb;--link:#000;--code:#f4f4f4;--mark:#eee;--mark-ink:#000;--error:#b3261e;--warning:#8a5a00;
    --good:#1d6b3a;--error-soft:#fbe9e7;--warning-soft:#fdf1d9;--good-soft:#e3f3e8}body{font-size:11pt}
    *{-webkit-print-color-adjust:exact;print-color-adjust:exact}#overview{display:block}.panel{margin-bottom:12px}
    #filters,#more,#theme{display:none}.row,.card{break-inside:avoid}.row:not([open]) .string{max-height:none}
    header,main{max-width:none;padding-left:0;padding-right:0}}
    """#
}
