// A result as text, in the form that load testers know: dotted names, percentiles in columns, ticks and crosses. It
// only renders what the result holds.
import type { Finding } from '../../models/finding.ts';
import type { MetricResult } from '../../sim/metric-kinds.ts';
import { exitCodeOf, type Result, verdictsOf } from '../../scenarios/result.ts';
import { differenceOf, shownText } from './difference.ts';
import { visibleLine } from '../../sim/visible-text.ts';
import { decimals, dotted, grouped, type Paint, percent, short, shortCount, time } from './format.ts';

/** Findings shown; the whole list is in the result file. */
const FINDINGS_SHOWN = 10;
const DETAIL_LENGTH_MAX = 240;

/** Columns of a trend that a narrow terminal does without, the first to go first; the result file has all. */
const DISPENSABLE = ['p99.9', 'min', 'mean', 'n', 'p90', 'max'];

/**
 * The whole summary, ending with the verdict.
 * @param columns width of the terminal it is read on, characters; trends leave columns out rather than break over lines
 */
export function summaryText(result: Result, paint: Paint, columns = Number.POSITIVE_INFINITY): string {
  const names = [...result.metrics.map(({ name }) => name), ...result.thresholds.map(thresholdName), 'achieved rate'];
  const width = Math.max(...names.map((name) => name.length)) + 3;
  const sections = [
    headline(result, paint),
    [...offeredLines(result, width, paint), ...loadLines(result, width, paint)],
    metricLines(result.metrics, width, columns),
    thresholdLines(result, width, paint),
    [...findingLines(result, paint), ...recoveryLines(result, paint)],
    [
      ...countLines('faults', result.faults, 'never fired', paint),
      ...countLines('marks', result.marks, 'never reached', paint),
    ],
    // Under the wall clock no other run has the same.
    result.clock === 'wall' ? [] : [`  trace hash     ${result.traceHash}`, `  protocol hash  ${result.protocolHash}`],
    [verdictLine(result, paint)],
  ];
  return sections.flatMap((lines) => (lines.length === 0 ? [] : [`${lines.join('\n')}\n`])).join('\n');
}

function headline(result: Result, paint: Paint): string[] {
  const title = `${result.scenario} · ${result.profile} · seed ${visibleLine(result.seed)}`;
  if (result.clock === 'wall') {
    const spent = `  ${time(result.durationMs)} of real time; ${grouped(result.events)} events`;
    return [paint('bold', title), spent];
  }
  const speed =
    result.wallMs > 0 ? ` in ${time(result.wallMs)}, ${short(result.durationMs / result.wallMs)}× real time` : '';
  const rate = result.wallMs > 0 ? ` (${shortCount((result.events * 1000) / result.wallMs)}/s)` : '';
  return [
    paint('bold', title),
    `  ${time(result.durationMs)} of virtual time${speed}; ${grouped(result.events)} events${rate}`,
  ];
}

function offeredLines({ offered }: Result, width: number, paint: Paint): string[] {
  const { band, rate, achieved } = offered;
  const line = (name: string, value: number): string => {
    const text = `  ${dotted(name, width)} ${short(value)} req/s`;
    if (band === null) return text;
    const { requestsPerSecondMin: min, requestsPerSecondMax: max } = band;
    const target = `target ${short(min)}–${short(max)}`;
    if (value >= min && value <= max) return `${text}  (${target})`;
    return `${text}  ${paint('yellow', `${value < min ? 'below' : 'above'} the ${target}`)}`;
  };
  // A scenario need not say what it offers.
  return [...(rate > 0 ? [line('offered rate', rate)] : []), line('achieved rate', achieved)];
}

/** How well the load was made, and that nobody will see the same run again. */
function loadLines({ load }: Result, width: number, paint: Paint): string[] {
  if (load === undefined) return [];
  const { p50, p99, max } = load.scheduleErrorMs;
  return [
    `  ${dotted('schedule error', width)} p50=${time(p50)}  p99=${time(p99)}  max=${time(max)}`,
    ...load.reasons.map((reason) => paint('yellow', `  not to be relied on: ${reason}`)),
    '  wall clock: of another run only the offered workload is the same',
  ];
}

function metricLines(metrics: readonly MetricResult[], width: number, columns: number): string[] {
  const leftOut: string[] = [];
  for (;;) {
    const lines = metricLinesWithout(metrics, width, leftOut);
    const next = DISPENSABLE[leftOut.length];
    if (next === undefined || lines.every((line) => line.length <= columns)) {
      const note = `  (too narrow for ${leftOut.join(', ')}: --json has them)`;
      return leftOut.length === 0 ? lines : [...lines, note];
    }
    leftOut.push(next);
  }
}

function metricLinesWithout(metrics: readonly MetricResult[], width: number, leftOut: readonly string[]): string[] {
  const isKept = (cell: string): boolean => !leftOut.some((key) => cell.startsWith(`${key}=`));
  const rows = metrics.map((metric) => {
    const cells = cellsOf(metric);
    return { metric, cells: metric.type === 'trend' ? cells.filter(isKept) : cells };
  });
  const trends = rows.filter(({ metric }) => metric.type === 'trend');
  const columns = (trends[0]?.cells ?? []).map((_, index) =>
    Math.max(...trends.map(({ cells }) => cells[index]?.length ?? 0)),
  );
  return rows.map(({ metric, cells }) => {
    const padded = metric.type === 'trend' ? cells.map((cell, index) => cell.padEnd(columns[index] ?? 0)) : cells;
    return `  ${dotted(metric.name, width)} ${padded.join('  ')}`.trimEnd();
  });
}

function cellsOf(metric: MetricResult): string[] {
  switch (metric.type) {
    case 'trend': {
      const { count, min, mean, p50, p90, p95, p99, p999, max } = metric.values;
      if (count === 0) return ['n=0'];
      const times = { min, mean, p50, p90, p95, p99, 'p99.9': p999, max };
      return [`n=${grouped(count)}`, ...Object.entries(times).map(([key, value]) => `${key}=${time(value)}`)];
    }
    case 'rate': {
      const { rate, passes, total } = metric.values;
      return total === 0 ? ['none of 0'] : [percent(rate), `${grouped(passes)} of ${grouped(total)}`];
    }
    case 'counter':
      return [grouped(metric.values.count), `${short(metric.values.perSecond)}/s`];
    case 'gauge': {
      const { value, min, max } = metric.values;
      return [short(value), `min=${short(min)}`, `max=${short(max)}`];
    }
  }
}

function thresholdName({ metric, expression }: { metric: string; expression: string }): string {
  return `${metric} ${expression}`;
}

function thresholdLines(result: Result, width: number, paint: Paint): string[] {
  const types = new Map(result.metrics.map(({ name, type }) => [name, type]));
  return result.thresholds.map((threshold) => {
    const { value, ok, metric, expression } = threshold;
    const mark = ok ? paint('green', '✓') : paint('red', '✗');
    const isTime = types.get(metric) === 'trend' && !expression.trim().startsWith('count');
    // In the expression's own unit and unrounded, so that one sees on which side of the limit it is.
    const text = value === null ? 'no samples' : `${decimals(value, 6)}${isTime ? 'ms' : ''}`;
    return `${mark} ${dotted(thresholdName(threshold), width)} ${ok ? text : paint('red', text)}`;
  });
}

function findingLines({ findings, verdict }: Result, paint: Paint): string[] {
  if (findings.length === 0 && verdict === 'interrupted') return ['  not judged: the run was interrupted'];
  if (findings.length === 0) return [`${paint('green', '✓')} no findings`];
  const lines = findings.slice(0, FINDINGS_SHOWN).flatMap((finding) => {
    const { kind, oracle, signature, atUs, event, devices, documents } = finding;
    const where = [
      `at ${time(atUs / 1000)}, event ${grouped(event)}`,
      ...(devices.length === 0 ? [] : [`devices ${listed(devices)}`]),
      ...(documents.length === 0 ? [] : [`documents ${listed(documents)}`]),
    ];
    return [
      `${paint('red', '✗')} ${kind}: ${oracle} (${signature})`,
      `    ${where.join('; ')}`,
      ...detailLines(finding).map((line) => `    ${line}`),
    ];
  });
  const more = findings.length - FINDINGS_SHOWN;
  return more > 0 ? [...lines, `  and ${grouped(more)} more; --json <file> has them all`] : lines;
}

/** How it went on after its incident; nothing where there was none. */
function recoveryLines({ recovery }: Result, paint: Paint): string[] {
  if (recovery === undefined) return [];
  const { verdict, reason } = recovery;
  if (verdict === 'recovered') return [`${paint('green', '✓')} recovered: ${reason}`];
  if (verdict === 'unknown') return [paint('yellow', `! whether it recovers cannot be told: ${reason}`)];
  return [`${paint('red', '✗')} metastable: ${reason}`];
}

/** Oracles whose findings are told in words; what others found differs between views, and stands there as data. */
const TOLD = ['protocol', 'secrecy', 'durability', 'delivery', 'liveness', 'cursor'];

function detailLines(finding: Finding): string[] {
  const { oracle, detail } = finding;
  if (!TOLD.includes(oracle)) return Object.keys(detail).length === 0 ? [] : [clipped(JSON.stringify(detail))];
  const { shown, notes } = differenceOf(finding, (index) => `device ${index}`, {});
  return [...notes, ...shown.map(({ who, value }) => `${who}: ${shownText(value)}`)].map(clipped);
}

function clipped(text: string): string {
  return text.length > DETAIL_LENGTH_MAX ? `${text.slice(0, DETAIL_LENGTH_MAX - 1)}…` : text;
}

/** At most eight of a list. */
function listed(values: readonly (string | number)[]): string {
  const rest = values.length - 8;
  return rest > 0 ? `${values.slice(0, 8).join(', ')} and ${rest} more` : values.join(', ');
}

function countLines(title: string, counts: Readonly<Record<string, number>>, missed: string, paint: Paint): string[] {
  const entries = Object.entries(counts);
  const hit = entries.filter(([, count]) => count > 0).map(([name, count]) => `${name} ${grouped(count)}`);
  const never = entries.filter(([, count]) => count === 0).map(([name]) => name);
  return [
    ...(hit.length === 0 ? [] : [`  ${title}: ${hit.join(', ')}`]),
    ...(never.length === 0 ? [] : [paint('yellow', `  ${title} ${missed}: ${never.join(', ')}`)]),
  ];
}

const VERDICTS = {
  passed: 'passed',
  safety: 'failed: a safety finding',
  liveness: 'failed: a liveness finding',
  inconclusive: 'inconclusive: the load was not what it was to be',
  threshold: 'failed: a threshold was crossed',
  metastable: 'failed: metastable, the load is what it was and the system is not',
  interrupted: 'interrupted: what is above is what there was',
  nondeterministic: 'failed: two runs of one seed differ',
} as const;

function verdictLine(result: Result, paint: Paint): string {
  if (result.verdict === 'passed') return paint(['green', 'bold'], `✓ ${VERDICTS.passed}`);
  const also = verdictsOf(result).filter((verdict) => verdict !== result.verdict && verdict !== 'passed');
  const others = also.length === 0 ? '' : `; also ${also.join(', ')}`;
  return paint(['red', 'bold'], `✗ ${VERDICTS[result.verdict]} (exit ${exitCodeOf(result)}${others})`);
}
