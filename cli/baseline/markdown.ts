// baselines/BASELINE.md: all kept baselines for readers, made from the files alone. It must not know folders.
import type { Baseline } from '../../scenarios/baseline/baseline-file.ts';
import { figureOf, LIMITED_FIGURES, type Measured } from '../../scenarios/baseline/figures.ts';
import { LIMITS, limitText } from '../../scenarios/baseline/limits.ts';
import { formatDuration } from '../durations.ts';
import { escapeMarkdown } from '../report/escape.ts';
import { decimals, grouped, percent, short, time } from '../report/format.ts';
import { figureText } from './text.ts';

type MetricOf = Baseline['metrics'][number];

const PROFILE_ORDER = ['light', 'medium', 'heavy'];
const SCENARIO_ORDER = ['sync-relay', 'crdt-conflicts', 'mixed-workload'];

/** The whole page; the same for equal baselines in any order. */
export function baselineMarkdown(baselines: readonly Baseline[]): string {
  const profiles = [...new Set(baselines.map(({ profile }) => profile))].sort(byOrder(PROFILE_ORDER));
  return [
    '# Baselines',
    '',
    'The runs that later ones are compared with, one file for each profile and scenario beside this page, which is made',
    'from them. Time is virtual, so each figure is exact: the same tree gives the same ones on every machine and day.',
    '',
    '- `npx squall baseline check` makes the runs again and compares them.',
    '- `npx squall baseline update` writes the files and this page anew; commit both with the change that moved them.',
    '',
    ...readingLines(),
    ...limitLines(),
    ...profiles.flatMap((profile) => profileLines(profile, baselines)),
  ].join('\n');
}

function byOrder(order: readonly string[]): (one: string, other: string) => number {
  const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return (one, other) => rank(one) - rank(other) || (one < other ? -1 : 1);
}

function readingLines(): string[] {
  return [
    '## How to read it',
    '',
    'The check compares trace hashes first. An equal one says that nothing changed. Another one says that something did,',
    'and the check names it: a key of the configuration, the workload, a version (engine), or, where the input is the',
    'same, the code of the model. Then the limits below decide, unless the workload is another one: its figures say',
    'nothing of speed, and the check asks for an update (exit 98). Figures with a limit are in bold.',
    '',
    'Times are percentiles over the whole run, ramps and drain included. A rate shows how many of how many. Counters show',
    'their count and how many a second of virtual time. A dash stands for what a scenario does not do, and so never',
    'samples.',
    '',
  ];
}

function limitLines(): string[] {
  return [
    '## Limits',
    '',
    '| limit | figures | warning | critical (exit 97) |',
    '|---|---|---|---|',
    ...LIMITS.map((limit) => {
      const figures = limit.metrics.map((metric) => `\`${metric}\``).join(', ');
      return `| ${limit.name} | ${figures} | ${limitText(limit, 'warning')} | ${limitText(limit, 'critical')} |`;
    }),
    '',
  ];
}

function profileLines(profile: string, baselines: readonly Baseline[]): string[] {
  const compare = byOrder(SCENARIO_ORDER);
  const own = baselines.filter((baseline) => baseline.profile === profile);
  own.sort((one, other) => compare(one.scenario, other.scenario));
  const columns = own.map(({ scenario }) => escapeMarkdown(scenario));
  const table = (first: string, rows: readonly (readonly string[])[]): string[] => [
    `| ${[first, ...columns].join(' | ')} |`,
    `|${'---|'.repeat(columns.length + 1)}`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
  ];
  const row = (name: string, of: (baseline: Baseline) => string): string[] => [name, ...own.map(of)];
  return [
    `## ${escapeMarkdown(profile)}`,
    '',
    ...table('run', [
      row('verdict', ({ verdict }) => verdict),
      row('seed', ({ seed }) => escapeMarkdown(seed)),
      row('users', ({ config }) => (typeof config['users'] === 'number' ? grouped(config['users']) : '–')),
      row('users act for', ({ config }) =>
        typeof config['durationMs'] === 'number' ? formatDuration(config['durationMs']) : '–',
      ),
      row('virtual time', ({ durationMs }) => time(durationMs)),
      row('offered rate', ({ offered }) => (offered.rate > 0 ? `${short(offered.rate)}/s` : '–')),
      row('achieved rate', ({ offered }) => `**${short(offered.achieved)}/s**`),
      row('target band', ({ offered: { band } }) =>
        band === null ? 'none' : `${short(band.requestsPerSecondMin)}–${short(band.requestsPerSecondMax)}/s`,
      ),
      row('trace hash', ({ traceHash }) => `\`${traceHash}\``),
      row('protocol hash', ({ protocolHash }) => `\`${protocolHash}\``),
      row('workload hash', ({ workloadHash }) => `\`${workloadHash}\``),
      row('engine', ({ versions }) => engineText(versions)),
    ]),
    `### ${escapeMarkdown(profile)}: figures`,
    '',
    ...table('figure', figureRows(own)),
    `### ${escapeMarkdown(profile)}: thresholds`,
    '',
    ...own.flatMap((baseline) => [
      `- ${escapeMarkdown(baseline.scenario)}`,
      ...baseline.thresholds.map(({ metric, expression, value, ok }) => {
        const shown = value === null ? 'no samples' : decimals(value, 6);
        return `  - ${ok ? '✓' : '✗'} \`${metric}\` ${escapeMarkdown(expression)}: ${shown}`;
      }),
    ]),
    '',
    'Made with:',
    '',
    '```sh',
    ...own.map(({ scenario, seed }) => {
      const words = [scenario, '--profile', profile, '--seed', seed].map((word) => (isPlain(word) ? word : '…'));
      return `npx squall baseline update ${words.join(' ')}`;
    }),
    '```',
    '',
  ];
}

const isPlain = (word: string): boolean => /^[\w@%+=:,./-]+$/.test(word);

function engineText({ tool, drawVersion, libraries }: Baseline['versions']): string {
  const names = Object.entries(libraries).map(([name, version]) => `${name} ${version}`);
  return escapeMarkdown([`squall ${tool}`, `draws ${drawVersion}`, ...names].join(', '));
}

/** Every figure of any of the scenarios, by name; those with a limit in bold. */
function figureRows(own: readonly Baseline[]): string[][] {
  const names = [...new Set(own.flatMap(({ metrics }) => metrics.map(({ name }) => name)))].sort();
  return names.flatMap((name) => {
    const metrics = own.map(({ metrics: all }) => all.find((metric) => metric.name === name));
    const type = metrics.find((metric) => metric !== undefined)!.type;
    const isTrend = type === 'trend';
    const statistics = isTrend ? TREND_ROWS : [''];
    const rows = statistics.map((statistic) => {
      const isLimited = LIMITED_FIGURES.some(
        (figure) => figure.metric === name && figure.statistic === (isTrend ? statistic : 'rate'),
      );
      const label = isTrend ? `\`${name}\` ${statistic === 'p999' ? 'p99.9' : statistic}` : `\`${name}\``;
      const cells = metrics.map((metric) => (metric === undefined ? '–' : cellOf(metric, statistic)));
      return [label, ...cells.map((cell) => (isLimited && cell !== '–' ? `**${cell}**` : cell))];
    });
    const rate = LIMITED_FIGURES.find((figure) => figure.metric === name && figure.statistic === 'perSecond');
    if (rate === undefined) return rows;
    const cells = own.map((baseline: Measured) => figureText(figureOf(baseline, rate), rate.unit));
    return [...rows, [`\`${name}\` a second`, ...cells.map((cell) => (cell === '–' ? cell : `**${cell}**`))]];
  });
}

const TREND_ROWS = ['count', 'min', 'mean', 'p50', 'p90', 'p95', 'p99', 'p999', 'max'];

function cellOf(metric: MetricOf, statistic: string): string {
  switch (metric.type) {
    case 'trend': {
      const value = metric.values[statistic as keyof typeof metric.values];
      return statistic === 'count' ? grouped(value) : time(value);
    }
    case 'rate':
      return `${percent(metric.values.rate)} (${grouped(metric.values.passes)} of ${grouped(metric.values.total)})`;
    case 'counter':
      return `${grouped(metric.values.count)} (${short(metric.values.perSecond)}/s)`;
    case 'gauge':
      return `${short(metric.values.value)} (${short(metric.values.min)}–${short(metric.values.max)})`;
  }
}
