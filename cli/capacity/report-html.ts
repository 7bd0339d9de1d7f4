// A capacity answer as one HTML file that opens from a disk, loads nothing and has no scripts. It must not know how the
// answer was found.
import type { CapacityResult, Sweep } from '../../scenarios/capacity/result.ts';
import { time } from '../report/format.ts';
import { facts, mark, Markup, markup, NOTHING, table } from '../report/html/markup.ts';
import { STYLE } from '../report/html/style.ts';
import { latencyFigure, useFigure } from './report-charts.ts';
import { heatOf } from './terminal-charts.ts';
import { answerFacts, costCells, headline, POINT_HEAD, pointCells, whatIfText } from './text.ts';

/** The report. Equal answers give equal bytes. */
export function capacityPage(result: CapacityResult): string {
  const { scenario, tool, capacity, exitCode } = result;
  const status = exitCode === 0 ? 'passed' : exitCode === 98 ? 'warned' : 'failed';
  const style = { passed: 'good', warned: 'warn', failed: 'bad' }[status];
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>capacity of ${scenario}</title>
<link rel="icon" href="data:,">
<style>
${new Markup(STYLE)}
${new Markup(OWN_STYLE)}
</style>
</head>
<body>
<a class="skip" href="#main">To the report</a>
<header class="top"><span>squall capacity</span><b>${scenario}, ${result.profile}, seed ${result.seed}</b></header>
<main id="main">
<section class="verdict ${style}" aria-labelledby="answer">
<h1 id="answer">${mark(status)}<span>${headline(result)}</span></h1>
${facts(answerFacts(result))}</section>
<h2>Load</h2>
${latencyFigure(result.points, capacity.users)}${useFigure(result.points)}${pointTable(result)}${result.sweep !== null && sweepPart(result.sweep)}${whatIfPart(result)}${costPart(result)}${notePart(result)}</main>
<footer>${tool.name} ${tool.version}</footer>
</body>
</html>
`.text;
}

const OWN_STYLE = `
.heat td{text-align:right}.heat .h0{background:var(--good-wash)}.heat .h1{background:var(--faint)}
.heat .h2{background:var(--warn-wash)}.heat .h3,.heat .h4{background:var(--bad-wash)}.heat .h4{font-weight:700;color:var(--bad)}
.plain text{font-size:12px;fill:var(--muted)}.plain .axis{stroke:var(--rule)}.plain .limit{stroke:var(--bad);stroke-dasharray:5 4}
.plain .line{fill:none;stroke-width:2}.plain .met{fill:var(--good)}.plain .missed{fill:var(--bad)}
`;

function pointTable({ points }: CapacityResult): Markup {
  const columns = POINT_HEAD.map((title, at) => ({ title, isNumber: at === 1 || (at > 3 && at < 9) }));
  return table(
    'Points of the search and of its confirmation',
    columns,
    points.map((point) => ({ cells: pointCells(point), style: point.isMet ? undefined : ('bad' as const) })),
  );
}

function sweepPart(sweep: Sweep): Markup {
  const columns = [...sweep.axes.map(({ path }) => path), ...POINT_HEAD.filter((_, at) => at === 0 || at > 3)];
  return markup`<h2>Sweep</h2>
${heatTable(sweep)}${table(
    'Points of the sweep',
    columns.map((title) => ({ title })),
    sweep.points.map(({ at, point }) => ({
      cells: [...at.map(String), ...pointCells(point).filter((_, column) => column === 0 || column > 3)],
      style: point.isMet ? undefined : ('bad' as const),
    })),
  )}`;
}

/** p95 of requests over the first two axes. */
function heatTable({ axes, points }: Sweep): Markup {
  if (axes.length < 2) return NOTHING;
  const [down, across] = axes as [(typeof axes)[0], (typeof axes)[0]];
  const rows = down.values.map((value) => {
    const cells = across.values.map((other) => {
      const found = points.find(({ at }) => at[0] === value && at[1] === other)?.point;
      if (found === undefined) return markup`<td></td>`;
      const text = found.p95Ms === null ? '–' : time(found.p95Ms);
      return markup`<td class="h${heatOf(found)}">${text}${!found.isMet && ' ✗'}</td>`;
    });
    return markup`<tr><th scope="row">${String(value)}</th>${cells}</tr>\n`;
  });
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="surface"><table class="heat">
<caption>p95 of requests: ${down.path} downwards, ${across.path} across; ✗ misses the objectives</caption>
<thead><tr><th scope="col">${down.path}</th>${across.values.map((value) => markup`<th scope="col" class="n">${String(value)}</th>`)}</tr></thead>
<tbody>
${rows}</tbody></table></div>
`;
}

function whatIfPart({ whatIfs }: CapacityResult): Markup {
  if (whatIfs.length === 0) return NOTHING;
  const rows = whatIfs.map((answer) => ({ cells: [answer.title, whatIfText(answer)] }));
  return markup`<h2>What if</h2>
${table('Ready questions', [{ title: 'question' }, { title: 'answer' }], rows)}`;
}

function costPart({ costs }: CapacityResult): Markup {
  if (costs === null) return NOTHING;
  const [head, ...rows] = costCells(costs);
  return markup`<h2>Costs</h2>
${table(
  'Costs by component',
  head!.map((title, at) => ({ title, isNumber: at > 0 })),
  rows.map((cells) => ({ cells })),
)}`;
}

function notePart({ notes }: CapacityResult): Markup {
  if (notes.length === 0) return NOTHING;
  return markup`<h2>To know</h2>
<ul>${notes.map((note) => markup`<li>${note}</li>\n`)}</ul>
`;
}
