// Runs beside each other on the page: two with how each figure changed and their charts laid over each other, more in a table
// of all. It must not know how one run is shown.

import type { StoredResult } from '../../../scenarios/result-file.ts';
import type { Timeline } from '../../../scenarios/timeline.ts';
import { signedPercent } from '../markdown-run.ts';
import type { Reported } from '../reported.ts';
import { type Figure, figuresOf, figureText } from '../run-figures.ts';
import { counted } from '../size.ts';
import { verdictTextOf } from '../checks.ts';
import type { Chart } from './chart.ts';
import { chartFigure } from './chart-svg.ts';
import { type Curve, distributionFigure, totalsOf } from './distribution.ts';
import { code, type Content, folded, type Markup, mark, markup, NOTHING, type Row, table } from './markup.ts';
import { chartsOf, type DrawnRun } from './run-charts.ts';
import { flatNote } from './run-part.ts';

type Run = Extract<Reported, { kind: 'run' }>;

/** Letters stand for runs in charts and columns. */
export function letterOf(at: number): string {
  return at < 26 ? String.fromCodePoint(65 + at) : `${at + 1}`;
}

/** Runs beside each other, and the charts that can be zoomed. */
export function comparePart(runs: readonly Run[]): { readonly markup: Markup; readonly charts: readonly Chart[] } {
  const pair = runs.length === 2 ? chartsOfPair(runs) : { curves: NOTHING, timeline: NOTHING, charts: [] };
  return {
    charts: pair.charts,
    markup: markup`<section aria-labelledby="compare"><h2 id="compare">${runs.length === 2 ? 'Two runs' : `${runs.length} runs`} beside each other</h2>
${runTable(runs)}${pair.curves}${figureTable(runs)}${pair.timeline}</section>
`,
  };
}

function runTable(runs: readonly Run[]): Markup {
  const rows = runs.map((run, at): Row => {
    const { ok, text } = verdictTextOf(run);
    const { scenario, profile, seed, tool, traceHash } = run.result;
    return {
      style: ok ? undefined : 'bad',
      cells: [
        markup`<b>${letterOf(at)}</b>`,
        run.name,
        markup`${mark(ok ? 'passed' : 'failed')} ${text}`,
        `${scenario} · ${profile} · seed ${seed}`,
        `${tool.name} ${tool.version}`,
        code(traceHash),
      ],
    };
  });
  const titles = ['run', 'name', 'verdict', 'what was run', 'tool', 'trace hash'];
  const [before, after] = runs;
  const isSame =
    runs.length === 2 && before!.result.clock !== 'wall' && before!.result.traceHash === after!.result.traceHash;
  return markup`${table(
    'The runs',
    titles.map((title) => ({ title })),
    rows,
  )}${isSame && markup`<p class="note">The traces are the same, event for event.</p>`}${runs.length === 2 && differences(runs)}`;
}

/** Keys of the configuration that are not the same. */
function differences([before, after]: readonly Run[]): Markup {
  const [one, other] = [flattened(before!.result.config), flattened(after!.result.config)];
  const keys = [...new Set([...one.keys(), ...other.keys()])].filter((key) => one.get(key) !== other.get(key));
  const rows = keys.map((key): Row => ({ cells: [code(key), one.get(key) ?? 'none', other.get(key) ?? 'none'] }));
  const columns = [{ title: 'key' }, { title: letterOf(0) }, { title: letterOf(1) }];
  return table('What was configured otherwise', columns, rows);
}

function flattened(config: StoredResult['config']): Map<string, string> {
  const flat = new Map<string, string>();
  const add = (prefix: string, value: unknown): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      flat.set(prefix, typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
      return;
    }
    for (const [key, each] of Object.entries(value)) add(prefix === '' ? key : `${prefix}.${key}`, each);
  };
  add('', config);
  return flat;
}

/** Each figure of all runs; of two, those that moved first, and by how much. */
function figureTable(runs: readonly Run[]): Markup {
  const all = runs.map(({ result }) => figuresOf(result));
  const names = [...new Set(all.flatMap((figures) => [...figures.keys()]))];
  const isPair = runs.length === 2;
  names.sort((one, other) => rankOf(one, all) - rankOf(other, all));
  const moved: Row[] = [];
  const same: Row[] = [];
  for (const name of names) {
    const figures = all.map((each) => each.get(name));
    const texts = figures.map((figure) => (figure === undefined ? 'none' : figureText(figure)));
    const isSame = texts.every((text) => text === texts[0]);
    const cells: Content[] = [code(name), ...texts];
    if (isPair) cells.push(changeOf(figures[0], figures[1]));
    (isPair && isSame ? same : moved).push({ cells });
  }
  const columns = [
    { title: 'figure' },
    ...runs.map((_, at) => ({ title: letterOf(at), isNumber: true })),
    ...(isPair ? [{ title: 'change', isNumber: true }] : []),
  ];
  const caption = isPair ? 'Figures that are not the same' : 'Figures of all runs';
  return markup`${table(caption, columns, moved)}${same.length > 0 && folded(`${counted(same.length, 'figure')} that are the same`, table('Figures that are the same', columns, same))}`;
}

/** Durations first, then shares, rates and counts; the order within stays. */
function rankOf(name: string, all: readonly ReadonlyMap<string, Figure>[]): number {
  const unit = all.find((figures) => figures.has(name))!.get(name)!.unit;
  return ['ms', 'share', 'perSecond', 'count'].indexOf(unit);
}

function changeOf(before: Figure | undefined, after: Figure | undefined): string {
  if (before === undefined || after === undefined) return '';
  if (before.value === after.value) return '0%';
  return before.value === 0 ? '' : signedPercent(after.value / before.value - 1);
}

/** Distributions and charts over time of two runs. */
interface PairCharts {
  readonly curves: Markup;
  readonly timeline: Markup;
  readonly charts: readonly Chart[];
}

function chartsOfPair(runs: readonly Run[]): PairCharts {
  const drawn = runs.flatMap(({ result }, at): DrawnRun[] =>
    result.timeline === undefined
      ? []
      : [{ name: letterOf(at), result: { ...result, timeline: result.timeline satisfies Timeline } }],
  );
  const { charts, flat } = drawn.length === 2 ? chartsOf(drawn, 'pair') : { charts: [], flat: [] };
  const totals = runs.map(({ result }) => totalsOf(result.histograms ?? []));
  const metrics = ['requests', 'sync_latency'].filter((metric) => totals.some((each) => each.has(metric)));
  const figures = metrics.map((metric) => {
    const curves = totals.flatMap((each, at): Curve[] => {
      const histogram = each.get(metric);
      return histogram === undefined ? [] : [{ label: letterOf(at), color: at + 1, isDashed: at > 0, histogram }];
    });
    return distributionFigure(metric, curves, `pair-curve-${metric.replaceAll('_', '-')}`);
  });
  const timeline =
    charts.length === 0
      ? NOTHING
      : markup`<div class="timeline">
${charts.map(chartFigure)}${flatNote(flat)}</div>
`;
  return { charts, curves: markup`<div class="columns charts">${figures}</div>`, timeline };
}
