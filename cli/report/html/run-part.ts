// A run on the page: key figures, thresholds, times, other figures, faults and marks, how it went, its configuration. It must
// not know what else a report is on.

import type { MetricResult } from '../../../sim/metric-kinds.ts';
import type { StoredResult } from '../../../scenarios/result-file.ts';
import type { ThresholdResult } from '../../../scenarios/thresholds.ts';
import { parseThreshold } from '../../../scenarios/thresholds.ts';
import { decimals, grouped, percent, short, time } from '../format.ts';
import { near } from './axis.ts';
import type { Chart } from './chart.ts';
import { chartFigure } from './chart-svg.ts';
import { type Curve, distributionFigure, totalsOf } from './distribution.ts';
import { findingCards } from './finding-part.ts';
import { laneFigure, phaseStrip } from './lanes.ts';
import { code, type Content, facts, folded, mark, Markup, markup, NOTHING, type Row, table } from './markup.ts';
import { chartsOf, type DrawnRun, endOf } from './run-charts.ts';

/** A run's sections, and the charts that can be zoomed. */
export interface RunPart {
  readonly markup: Markup;
  readonly charts: readonly Chart[];
}

/**
 * The sections of a run.
 * @param id begins the ids within
 * @param level of the sections' headings: 2 where the page is on this run alone
 */
export function runPart(name: string, result: StoredResult, id: string, level: 2 | 3): RunPart {
  const { timeline, findings } = result;
  const heading = (text: string, anchor: string): Markup => headingOf(level, text, `${id}-${anchor}`);
  const over = timeline === undefined ? undefined : overTime({ name, result: { ...result, timeline } }, id, heading);
  const sections = [
    keyFigures(result),
    findings.length > 0 && markup`${heading('Findings', 'findings')}${findingCards(findings, `${id}-finding`)}`,
    result.thresholds.length > 0 && markup`${heading('Thresholds', 'thresholds')}${thresholdTable(result)}`,
    over?.markup,
    markup`${heading('Response times and other durations', 'times')}${timeTable(result.metrics)}${distributions(result, id)}`,
    markup`${heading('Rates and counts', 'figures')}<div class="columns">${rateTable(result.metrics)}${counterTable(result.metrics)}${gaugeTable(result.metrics)}</div>`,
    markup`${heading('Faults and rare situations', 'faults')}<div class="columns">${countTable('Faults', 'fault', 'fired', result.faults)}${countTable('Rare situations', 'situation', 'reached', result.marks)}</div>${nothingHappened(result)}`,
    markup`${heading('The run', 'run')}${about(result)}${configuration(result.config)}`,
  ];
  return { markup: markup`${sections}`, charts: over?.charts ?? [] };
}

export function headingOf(level: 2 | 3, text: string, id: string): Markup {
  return new Markup(markup`<hN id="${id}">${text}</hN>\n`.text.replaceAll('hN', `h${level}`));
}

/** What an engineer asks first. */
function keyFigures(result: StoredResult): Markup {
  const { offered, metrics, findings } = result;
  const byName = new Map(metrics.map((metric) => [metric.name, metric]));
  const requests = byName.get('requests');
  const failed = byName.get('requests_failed');
  const band = offered.band;
  const tiles: [name: string, value: string, note: string][] = [
    [
      'requests a second',
      short(offered.achieved),
      band === null
        ? 'during the hold'
        : `target ${short(band.requestsPerSecondMin)}–${short(band.requestsPerSecondMax)}`,
    ],
  ];
  if (requests?.type === 'trend' && requests.values.count > 0) {
    tiles.push(['p95 response time', time(requests.values.p95), `p50 ${time(requests.values.p50)}`]);
    tiles.push(['p99 response time', time(requests.values.p99), `max ${time(requests.values.max)}`]);
  }
  if (failed?.type === 'rate' && failed.values.total > 0) {
    tiles.push(['failed requests', percent(failed.values.rate), `of ${grouped(failed.values.total)}`]);
  }
  const crossed = result.thresholds.filter(({ ok }) => !ok).length;
  if (result.thresholds.length > 0) {
    tiles.push(['thresholds crossed', grouped(crossed), `of ${grouped(result.thresholds.length)}`]);
  }
  const kinds = new Set(findings.map(({ signature }) => signature)).size;
  tiles.push(['findings', grouped(findings.length), findings.length === 0 ? 'none' : `${grouped(kinds)} distinct`]);
  return markup`<ul class="tiles">${tiles.map(([name, value, note]) => markup`<li><span>${name}</span><b>${value}</b><small>${note}</small></li>`)}</ul>
`;
}

function overTime(
  run: DrawnRun,
  id: string,
  heading: (text: string, anchor: string) => Markup,
): { readonly markup: Markup; readonly charts: readonly Chart[] } {
  const { charts, flat } = chartsOf([run], `${id}-chart`);
  const { timeline } = run.result;
  const endMs = endOf([run]);
  const marks = charts[0]?.marks ?? [];
  return {
    charts,
    markup: markup`${heading('Over virtual time', 'time')}<div class="timeline">
${phaseStrip(timeline, endMs, `${id}-phases`)}${charts.map(chartFigure)}${laneFigure(timeline, marks, endMs, `${id}-lanes`)}${flatNote(flat)}<p class="note">Each point is a window of ${time(timeline.windowMs)}; percentiles are those of the window alone, thresholds hold for the whole run.</p>
</div>
`,
  };
}

/** Charts that would be flat, in a line. */
export function flatNote(flat: readonly string[]): Markup {
  return flat.length === 0
    ? NOTHING
    : markup`<p class="note">Nothing to draw, 0 all the time: ${flat.join(', ').toLowerCase()}.</p>\n`;
}

function thresholdTable({ thresholds, metrics }: StoredResult): Markup {
  const types = new Map(metrics.map(({ name, type }) => [name, type]));
  const rows = thresholds.map((threshold): Row => {
    const { metric, expression, value, ok } = threshold;
    const isTime = types.get(metric) === 'trend' && !expression.trim().startsWith('count');
    return {
      style: ok ? undefined : 'bad',
      cells: [
        markup`<span class="whole">${mark(ok ? 'passed' : 'failed')} ${code(metric)}</span>`,
        code(expression),
        value === null ? 'no samples' : `${decimals(value, 6)}${isTime ? ' ms' : ''}`,
        bar(threshold, types.get(metric)),
      ],
    };
  });
  const columns = [{ title: 'metric' }, { title: 'must hold' }, { title: 'value', isNumber: true }, { title: '' }];
  return table('Thresholds, over the whole run', [...columns.slice(0, 3), { title: 'beside the limit' }], rows);
}

const BAR = 140;

/** The value as a bar, the limit as a line across it: a share on its own scale, anything else with the limit at 2/3. */
function bar({ metric, expression, value, ok }: ThresholdResult, type: MetricResult['type'] | undefined): Markup {
  if (value === null) return NOTHING;
  let limit: number;
  try {
    limit = parseThreshold(metric, expression).limit;
  } catch {
    return NOTHING;
  }
  const full = type === 'rate' && expression.trim().startsWith('rate') ? 1 : Math.max(limit * 1.5, Number.MIN_VALUE);
  const at = (share: number): number => near(Math.min(1, Math.max(0, share / full)) * BAR);
  return markup`<svg class="bar" width="${BAR + 4}" height="14" aria-hidden="true"><rect class="track" x="0" y="4" width="${BAR}" height="6" rx="3"/><rect class="${ok ? 'held' : 'crossed'}" x="0" y="4" width="${Math.max(2, at(value))}" height="6" rx="3"/><line class="at" x1="${at(limit)}" x2="${at(limit)}" y1="0" y2="14"/></svg>`;
}

function timeTable(metrics: readonly MetricResult[]): Markup {
  const titles = ['n', 'min', 'mean', 'p50', 'p90', 'p95', 'p99', 'p99.9', 'max'];
  const rows = metrics.flatMap((metric): Row[] => {
    if (metric.type !== 'trend') return [];
    const { count, min, mean, p50, p90, p95, p99, p999, max } = metric.values;
    const times = count === 0 ? titles.slice(1).map(() => '') : [min, mean, p50, p90, p95, p99, p999, max].map(time);
    return [{ cells: [code(metric.name), grouped(count), ...times] }];
  });
  return table('Virtual times, by percentile', [{ title: 'metric' }, ...titles.map(numbers)], rows);
}

const numbers = (title: string): { title: string; isNumber: true } => ({ title, isNumber: true });

function rateTable(metrics: readonly MetricResult[]): Markup {
  const rows = metrics.flatMap((metric): Row[] => {
    if (metric.type !== 'rate') return [];
    const { rate, passes, total } = metric.values;
    return [{ cells: [code(metric.name), total === 0 ? '' : percent(rate), grouped(passes), grouped(total)] }];
  });
  return table('Rates', [{ title: 'metric' }, ...['rate', 'passes', 'of'].map(numbers)], rows);
}

function counterTable(metrics: readonly MetricResult[]): Markup {
  const rows = metrics.flatMap((metric): Row[] => {
    if (metric.type !== 'counter') return [];
    return [{ cells: [code(metric.name), grouped(metric.values.count), `${short(metric.values.perSecond)}/s`] }];
  });
  return table('Counters', [{ title: 'metric' }, ...['count', 'a second'].map(numbers)], rows);
}

function gaugeTable(metrics: readonly MetricResult[]): Markup {
  const rows = metrics.flatMap((metric): Row[] => {
    if (metric.type !== 'gauge') return [];
    const { value, min, max } = metric.values;
    return [{ cells: [code(metric.name), ...[value, min, max].map(short)] }];
  });
  return table('Gauges', [{ title: 'metric' }, ...['last', 'min', 'max'].map(numbers)], rows);
}

/** How often each fired or was reached; what never was, stands last and is set apart. */
export function countTable(
  caption: string,
  head: string,
  verb: string,
  counts: Readonly<Record<string, number>>,
): Markup {
  const entries = Object.entries(counts);
  const rows = [...entries.filter(([, count]) => count > 0), ...entries.filter(([, count]) => count === 0)].map(
    ([name, count]): Row => ({
      style: count === 0 ? 'warn' : undefined,
      cells: [name, count === 0 ? 'never' : grouped(count)],
    }),
  );
  return table(caption, [{ title: head }, { title: verb, isNumber: true }], rows);
}

function nothingHappened({ faults, marks }: StoredResult): Markup {
  const isEmpty = Object.keys(faults).length === 0;
  return markup`${isEmpty && markup`<p class="note">No faults were enabled.</p>`}${Object.keys(marks).length === 0 && markup`<p class="note">No rare situations were counted.</p>`}`;
}

/** Metrics whose distributions are drawn together; all others are drawn in a second picture. */
const RESPONSES = ['requests', 'push_response_time', 'pull_response_time', 'operation_response_time'];
const OTHERS_MAX = 6;

function distributions({ histograms }: StoredResult, id: string): Markup {
  const totals = totalsOf(histograms ?? []);
  const curves = (names: readonly string[]): Curve[] =>
    names.flatMap((label, at) => {
      const histogram = totals.get(label);
      return histogram === undefined ? [] : [{ label, color: (at % 6) + 1, isDashed: false, histogram }];
    });
  const others = [...totals.keys()].filter((name) => !RESPONSES.includes(name)).slice(0, OTHERS_MAX);
  return markup`<div class="columns charts">${distributionFigure('Response times', curves(RESPONSES), `${id}-responses`)}${distributionFigure('Other durations', curves(others), `${id}-durations`)}</div>`;
}

function about(result: StoredResult): Markup {
  const { tool, runtime, clock, side, durationMs, events, traceHash, protocolHash, offered, load } = result;
  const entries: [string, Content][] = [
    ['scenario', code(result.scenario)],
    ['profile', code(result.profile)],
    ['seed', code(result.seed)],
    ['duration', `${time(durationMs)} of ${clock === 'wall' ? 'real' : 'virtual'} time`],
    ['events', grouped(events)],
    ['offered rate', offered.rate > 0 ? `${short(offered.rate)}/s` : ''],
    ['clock', clock],
    ['relay', side],
    ['tool', `${tool.name} ${tool.version}`],
    ['Node', runtime.node],
    // Under the wall clock no other run has the same.
    ['trace hash', clock === 'wall' ? '' : code(traceHash)],
    ['protocol hash', clock === 'wall' ? '' : code(protocolHash)],
  ];
  if (load !== undefined) {
    const { p50, p99, max } = load.scheduleErrorMs;
    entries.push(['schedule error', `p50 ${time(p50)}, p99 ${time(p99)}, max ${time(max)}`]);
  }
  return facts(entries);
}

/** Every key of the configuration, by group. */
function configuration(config: StoredResult['config']): Markup {
  const groups = new Map<string, Row[]>([['', []]]);
  for (const [key, value] of Object.entries(config)) {
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
    const entries = isGroup ? Object.entries(value as Record<string, unknown>) : [[key, value] as const];
    const name = isGroup ? key : '';
    const rows = groups.get(name) ?? [];
    for (const [path, each] of entries) rows.push({ cells: [code(path), valueOf(each)] });
    groups.set(name, rows);
  }
  const tables = [...groups].map(([name, rows]) =>
    table(name === '' ? 'general' : name, [{ title: 'key' }, { title: 'value' }], rows),
  );
  return folded('Configuration, resolved', markup`<div class="columns narrow">${tables}</div>`);
}

function valueOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
