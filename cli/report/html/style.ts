// How the page looks: colours of both schemes as variables, type of the system, one column that becomes two where there is
// room, and a form for paper. It must not know what the page says.

const LIGHT = `
--page:#f6f7f8;--paper:#fff;--ink:#1b1f24;--muted:#58606a;--rule:#dfe3e8;--faint:#eef0f3;--accent:#1a5fb4;
--good:#176f3d;--bad:#b42318;--warn:#8a5300;--good-wash:#e9f6ee;--bad-wash:#fdeeec;--warn-wash:#fdf3e1;
--s1:#1a5fb4;--s2:#c2570c;--s3:#7a3fc4;--s4:#0f766e;--s5:#bb1f63;--s6:#4d7c0f;color-scheme:light`;

const DARK = `
--page:#0f1215;--paper:#171b20;--ink:#e7eaed;--muted:#a4adb7;--rule:#2c333b;--faint:#1f252b;--accent:#82b4ff;
--good:#63d08d;--bad:#ff8f84;--warn:#f1b75f;--good-wash:#14271b;--bad-wash:#311a18;--warn-wash:#2c2313;
--s1:#82b4ff;--s2:#ffa266;--s3:#c7a4ff;--s4:#4fd1c5;--s5:#ff8fc2;--s6:#a6d65c;color-scheme:dark`;

const BASE = `
:root{${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-kerning:normal}
main,.top,footer{max-width:76rem;margin:0 auto;padding:0 1.5rem}
h1,h2,h3{line-height:1.25;text-wrap:balance;overflow-wrap:anywhere}
h1.title{margin:.4rem 0 1rem}
h1{font-size:1.6rem;font-weight:680;letter-spacing:-.012em;margin:0}
h2{font-size:1.18rem;font-weight:660;letter-spacing:-.006em;margin:2.4rem 0 .8rem}
h3{font-size:1rem;font-weight:640;margin:1.6rem 0 .6rem}
p{margin:.4rem 0;max-width:72ch}
a{color:var(--accent);text-underline-offset:.18em}
code,pre{font:.87em/1.5 ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
pre{margin:0;padding:.65rem .8rem;background:var(--faint);border-radius:6px;overflow-x:auto;white-space:pre}
.note{color:var(--muted);font-size:.87rem}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-100vw;top:0;padding:.5rem 1rem;background:var(--paper);z-index:9}
.skip:focus{left:0}
.top{display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;align-items:baseline;padding-top:1.1rem;padding-bottom:.9rem;font-size:.87rem;color:var(--muted)}
.top b{color:var(--ink);font-weight:650;overflow-wrap:anywhere}
.top nav{display:flex;flex-wrap:wrap;gap:.1rem 1rem}
footer{margin:3rem auto 2rem;color:var(--muted);font-size:.82rem}
`;

const VERDICT = `
.verdict{background:var(--paper);border:1px solid var(--rule);border-left:6px solid var(--good);border-radius:8px;padding:1.15rem 1.4rem 1.25rem;margin:0 0 1rem}
.verdict.bad{border-left-color:var(--bad)}.verdict.warn{border-left-color:var(--warn)}
.verdict h1,.verdict h2{margin:0;display:flex;gap:.55rem;align-items:baseline}
.verdict h2{font-size:1.25rem}
.verdict .sub{color:var(--muted);margin:.35rem 0 0;max-width:none;overflow-wrap:anywhere}
.reasons{list-style:none;margin:.9rem 0 0;padding:0}
.reasons li{padding:.3rem 0 .3rem 1.6rem;text-indent:-1.6rem;border-top:1px solid var(--rule);overflow-wrap:anywhere}
.reasons li>*{text-indent:0}
.reasons .mark{display:inline-block;width:1.6rem}
.mark{font-weight:700}
.mark.passed{color:var(--good)}.mark.failed{color:var(--bad)}.mark.warned{color:var(--warn)}.mark.skipped{color:var(--muted)}
.command{position:relative;margin:.9rem 0 .4rem}
.command p{margin:0 0 .3rem;font-size:.82rem;color:var(--muted)}
.command pre{padding-right:4.8rem;max-height:10.4rem;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere}
button{font:inherit;font-size:.82rem;color:var(--ink);background:var(--paper);border:1px solid var(--rule);border-radius:6px;padding:.22rem .65rem;cursor:pointer}
button:hover{border-color:var(--muted)}
button[aria-pressed=true]{background:var(--accent);border-color:var(--accent);color:var(--paper)}
.command button{position:absolute;right:.45rem;bottom:.42rem}
.tiles{list-style:none;margin:0 0 .4rem;padding:0;display:grid;grid-template-columns:repeat(auto-fit,minmax(min(10.2rem,44%),1fr));gap:.7rem}
.tiles li{background:var(--paper);border:1px solid var(--rule);border-radius:8px;padding:.6rem .85rem .65rem;display:flex;flex-direction:column;min-width:0}
.tiles span,.tiles small{color:var(--muted);font-size:.82rem}
.tiles b{font-size:1.42rem;font-weight:640;letter-spacing:-.012em;line-height:1.3;font-variant-numeric:tabular-nums}
`;

const TABLES = `
.scroll{overflow-x:auto;background:var(--paper);border:1px solid var(--rule);border-radius:8px;margin:0 0 .9rem;position:relative;max-width:100%}
table{border-collapse:collapse;width:100%;font-size:.87rem;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--muted);font-size:.82rem;padding:.5rem .85rem .15rem;white-space:nowrap}
th,td{text-align:left;padding:.3rem .85rem;vertical-align:baseline;border-top:1px solid var(--rule);font-weight:400}
thead th{color:var(--muted);font-size:.82rem;border-top:0;white-space:nowrap}
tbody th{overflow-wrap:anywhere;min-width:9rem}
td{overflow-wrap:anywhere}
tbody th code,td code{white-space:nowrap}td code.value{white-space:pre-wrap}.whole{white-space:nowrap}
.n{text-align:right;white-space:nowrap;overflow-wrap:normal}
tr.bad>*{background:var(--bad-wash)}tr.warn>*{background:var(--warn-wash)}
tbody tr:last-child>*:first-child{border-bottom-left-radius:7px}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:0 1rem;align-items:start}
.columns.narrow{grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr))}
.columns>*{min-width:0}
.facts{display:flex;flex-wrap:wrap;gap:.5rem 1.7rem;margin:.7rem 0}
.facts div{min-width:0;max-width:100%}
.facts dt{color:var(--muted);font-size:.82rem}
.facts dd{margin:0;overflow-wrap:anywhere}
.card{background:var(--paper);border:1px solid var(--rule);border-left:4px solid var(--good);border-radius:8px;padding:.9rem 1.2rem 1rem;margin:0 0 1rem}
.card.bad{border-left-color:var(--bad)}.card.warn{border-left-color:var(--warn)}
.card h3{margin:0 0 .3rem}
.card .scroll{border-radius:6px}
.story{margin:1rem 0}
@media (min-width:66rem){.told{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1.15fr);gap:0 1.8rem;align-items:start}.told .story{margin-top:.6rem}}
.story figcaption{margin:0 0 .5rem}
.statement{padding-left:1.2rem;margin:.6rem 0 1rem}
.statement li{margin:.15rem 0;max-width:80ch;overflow-wrap:anywhere}
details{margin:.5rem 0}
summary{cursor:pointer;color:var(--accent);padding:.2rem 0;width:fit-content;max-width:100%;overflow-wrap:anywhere}
.folded{padding:.5rem 0 .2rem}
details.run{background:none;border-top:1px solid var(--rule);margin:1.2rem 0 0;padding:.6rem 0}
details.run>summary{font-size:1.05rem;font-weight:640;color:var(--ink);padding:.4rem 0}
.bar .track{fill:var(--rule)}.bar .held{fill:var(--good)}.bar .crossed{fill:var(--bad)}
.bar .at{stroke:var(--ink);stroke-width:2}
.bar{display:block}
`;

const CHARTS = `
.timeline,.columns.charts>figure{background:var(--paper);border:1px solid var(--rule);border-radius:8px;padding:.9rem 1.1rem .7rem}
.chart{margin:0 0 1.1rem}
.columns.charts>figure{margin:0 0 1rem}
figcaption{display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;align-items:baseline;font-size:.87rem;margin:0 0 .55rem}
figcaption b{font-weight:640}
.key{color:var(--muted);font-size:.82rem;white-space:nowrap}
.key i{display:inline-block;width:1.35rem;border-top:2.5px solid;vertical-align:.27em;margin-right:.4rem}
.key i.dashed,.key i.dashes{border-top-style:dashed}
.key.limit i{border-color:var(--good)}.key.limit.crossed i{border-color:var(--bad)}.key.limit.crossed{color:var(--bad)}
.plot{margin:0 .75rem 0 3.6rem}
.graph{display:block;overflow:visible}
.graph text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:var(--muted);font-variant-numeric:tabular-nums}
.graph .tick.y{text-anchor:end}
.graph .grid{stroke:var(--rule);stroke-width:1;shape-rendering:crispEdges}
.graph .tickmark,.graph .base{stroke:var(--rule)}
.graph .bound{stroke:var(--muted);stroke-opacity:.4;stroke-dasharray:1 4}
.graph .line{fill:none;stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round;vector-effect:non-scaling-stroke}
.graph .line.dashed{stroke-dasharray:5 4}
.graph .area{fill-opacity:.13;stroke:none}
.graph .limit{stroke:var(--good);stroke-width:1.5;stroke-dasharray:6 4}.graph .limit.crossed{stroke:var(--bad)}
.graph .found{stroke:var(--bad);stroke-width:1.5}
.graph .found-mark{fill:var(--bad)}
.graph .fired{fill:var(--s2);stroke:var(--s2);stroke-width:1.5;stroke-linejoin:round}
.graph .lane-name{fill:var(--ink)}
.graph .lane-count{text-anchor:end}
.graph .phase{fill:var(--faint)}.graph .phase.odd{fill:var(--rule)}
.graph .phase-name{fill:var(--ink)}.graph .gone{display:none}
.timeline>.plot{margin-bottom:.9rem}
@media (max-width:44rem){.graph .wide-only{display:none}}
${[1, 2, 3, 4, 5, 6].map((at) => `.s${at}{stroke:var(--s${at})}.a${at}{fill:var(--s${at})}.key i.c${at}{border-color:var(--s${at})}`).join('')}
.tools{display:flex;flex-wrap:wrap;gap:.4rem;align-items:center;margin:0 0 .9rem}
.tools span{color:var(--muted);font-size:.82rem;margin-left:.4rem}
.live{display:none}
.is-live .live{display:block}.is-live .static{display:none}
.is-live .lane-clip{overflow:hidden}
.live .uplot,.live .u-legend{font:11px/1.5 inherit;color:var(--muted)}
.live .u-legend{text-align:left;padding-left:3.2rem;font-variant-numeric:tabular-nums;width:auto}
.live .u-legend th,.live .u-legend td{border:0;padding:0 .3rem;font-size:.78rem}
.live .u-legend .u-value{color:var(--ink);width:auto!important;min-width:4.5rem}
.live .u-select{background:var(--accent);opacity:.18}
.live .u-cursor-x,.live .u-cursor-y{border-color:var(--muted)!important}
`;

const SMALL = `
@media (max-width:34rem){
main,.top,footer{padding-left:.8rem;padding-right:.8rem}
h1{font-size:1.3rem}
.verdict,.card{padding:.85rem .9rem .95rem}
.timeline,.columns.charts>figure{padding:.7rem .6rem .5rem}
.plot{margin-left:3.1rem;margin-right:.4rem}
th,td,caption{padding-left:.6rem;padding-right:.6rem}
.tiles b{font-size:1.2rem}
}
`;

/** On paper everything is light, whole and unfolded, as far as CSS can open what is folded. */
const PRINT = `
@media print{
:root{${LIGHT};--page:#fff}
@page{margin:14mm 12mm}
body{font-size:10pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main,.top,footer{max-width:none;padding:0}
.skip,.tools,button,.top nav,.live{display:none!important}
.is-live .static{display:block!important}
.scroll{overflow:visible;break-inside:auto}
.command pre,pre{white-space:pre-wrap;max-height:none;overflow-wrap:anywhere}
h2,h3,caption,figcaption,summary{break-after:avoid}
.chart,.verdict,.tiles,.story,tr,.facts{break-inside:avoid}
details::details-content{content-visibility:visible!important;display:block!important;height:auto!important}
details:not([open])>*{display:block}
a{color:inherit;text-decoration:none}
}
`;

/** The page's style sheet. */
export const STYLE = [BASE, VERDICT, TABLES, CHARTS, SMALL, PRINT].map((part) => part.trim()).join('\n');
