// `squall history`: shows the runs that were kept, how a figure went from one to the next, and lets go of old ones. It must
// not know the tables.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { nearestName } from '../../scenarios/nearest.ts';
import { InputError } from '../../sim/errors.ts';
import { answersItself } from '../asked.ts';
import { flagHelp } from '../command-flags.ts';
import { checkTarget, stemOf, writeWhole } from '../files.ts';
import { type Arguments, parseArguments } from '../flags.ts';
import { type Cell, csvText } from '../history/csv.ts';
import { listText } from '../history/list.ts';
import { HISTORY_FILE, RETAINED_MS, RETAINED_RUNS } from '../history/save.ts';
import { type Filter, HistoryStore, type KeptRun, type KeptValue } from '../history/store.ts';
import { type Trend, trendsOf, trendText } from '../history/trend.ts';
import { type Io, wantsColours } from '../io.ts';
import { painter } from '../report/format.ts';

/** Runs that are shown where nothing is said. */
const LAST = 50;
/** Width where the output is no terminal. */
const COLUMNS = 100;

/**
 * Shows, exports or prunes the history.
 * @param args what stands after `squall history`
 * @returns the exit code: 0, as what a trend shows is advisory
 * @throws InputError before anything was written
 */
export async function historyCommand(args: readonly string[], io: Io): Promise<number> {
  const parsed = parseArguments('history', args);
  if (await answersItself(parsed, io, helpText)) return 0;
  const filter = filterOf(parsed);
  const older = parsed.durationMs('older');
  const keep = parsed.count('keep', 1);
  const last = parsed.count('last', 1);
  checkTogether(parsed);
  for (const flag of ['csv', 'json'] as const) {
    const target = parsed.text(flag);
    if (target !== undefined && !(flag === 'csv' && target === '-')) checkTarget(`--${flag}`, target, io.cwd);
  }
  const store = openStore(parsed, io);
  try {
    if (parsed.has('prune')) {
      const before = older === undefined ? undefined : new Date(Math.max(0, Date.now() - older)).toISOString();
      const removed = store?.remove(filter, { before, keep }) ?? 0;
      io.out(`removed ${removed} ${removed === 1 ? 'run' : 'runs'}\n`);
      return 0;
    }
    const metric = parsed.text('metric');
    if (metric === undefined) showRuns(store?.runs(filter, last ?? LAST) ?? [], parsed, io);
    else showTrends(metric, store === undefined ? [] : valuesOf(store, metric, filter, last ?? LAST), parsed, io);
    return 0;
  } finally {
    store?.close();
  }
}

function filterOf(parsed: Arguments): Filter {
  const { layer, profileFile } = parsed;
  const { profile, side, clock } = layer;
  if (clock !== undefined && clock !== 'virtual' && clock !== 'wall') {
    throw new InputError('--clock', clock, 'one of virtual, wall');
  }
  return {
    scenario: parsed.text('scenario'),
    profile: profileFile === undefined ? profile : stemOf(profileFile),
    side,
    clock,
  };
}

function checkTogether(parsed: Arguments): void {
  if (!parsed.has('prune')) {
    for (const flag of ['older', 'keep'] as const) {
      if (parsed.has(flag)) throw new InputError(`--${flag}`, parsed.text(flag), '--prune with it');
    }
    return;
  }
  if (!parsed.has('older') && !parsed.has('keep')) {
    throw new InputError('--prune', undefined, '--older <time> or --keep <n> with it, such as --older 90d');
  }
  for (const flag of ['metric', 'last', 'csv', 'json'] as const) {
    if (parsed.has(flag)) throw new InputError(`--${flag}`, parsed.text(flag), 'nothing of it with --prune');
  }
}

/** The history; undefined where nothing was ever kept at the usual place. */
function openStore(parsed: Arguments, io: Io): HistoryStore | undefined {
  const named = parsed.text('history');
  const file = named ?? HISTORY_FILE;
  const path = resolve(io.cwd, file);
  if (existsSync(path)) return new HistoryStore(path, file);
  if (named !== undefined) throw new InputError('--history', named, 'a file that exists', 'ERR_FILE');
  return undefined;
}

function showRuns(runs: readonly KeptRun[], parsed: Arguments, io: Io): void {
  const rows = runs.map((run) => RUN_KEYS.map((key): Cell => run[key]));
  if (write(parsed, io, csvText(RUN_KEYS, rows), { schemaVersion: 1, runs })) return;
  if (runs.length === 0) io.out(nothingText(parsed));
  else io.out(listText(runs, io.outColumns?.() ?? COLUMNS, painter(wantsColours(io))));
}

function showTrends(metric: string, values: readonly KeptValue[], parsed: Arguments, io: Io): void {
  const trends = trendsOf(values);
  const rows = trends.flatMap(({ points, changes }) =>
    points.map(({ run, value }, index): Cell[] => {
      const change = changes.find((each) => each.index === index);
      return [...RUN_KEYS.map((key): Cell => run[key]), metric, value, change === undefined ? null : change.change];
    }),
  );
  const csv = csvText([...RUN_KEYS, 'metric', 'value', 'changeSince'], rows);
  if (write(parsed, io, csv, { schemaVersion: 1, metric, trends: trends.map(trendData) })) return;
  if (trends.length === 0) io.out(nothingText(parsed));
  const columns = io.outColumns?.() ?? COLUMNS;
  const paint = painter(wantsColours(io));
  io.out(trends.map((trend) => trendText(metric, trend, columns, paint)).join('\n'));
}

/** Writes the files that were asked for; whether standard output belongs to the CSV. */
function write(parsed: Arguments, io: Io, csv: string, json: object): boolean {
  const [csvFile, jsonFile] = [parsed.text('csv'), parsed.text('json')];
  if (jsonFile !== undefined) writeWhole('--json', jsonFile, `${JSON.stringify(json, null, 2)}\n`, io.cwd);
  if (csvFile === '-') io.out(csv);
  else if (csvFile !== undefined) writeWhole('--csv', csvFile, csv, io.cwd);
  return csvFile === '-';
}

/**
 * The values of a figure by its whole name, `<scenario>.<metric>.<statistic>`, or without the scenario.
 * @throws InputError where no run has it
 */
function valuesOf(store: HistoryStore, metric: string, filter: Filter, last: number): KeptValue[] {
  const names = store.names();
  const isOf = (scenario: string): boolean => filter.scenario === undefined || filter.scenario === scenario;
  const whole = names.find(({ scenario, figure }) => `${scenario}.${figure}` === metric);
  if (whole !== undefined && isOf(whole.scenario)) {
    return store.values(whole.figure, { ...filter, scenario: whole.scenario }, last);
  }
  if (names.some(({ scenario, figure }) => figure === metric && isOf(scenario)))
    return store.values(metric, filter, last);
  const known = names.filter(({ scenario }) => isOf(scenario)).map(({ scenario, figure }) => `${scenario}.${figure}`);
  const near = nearestName(metric, [...known, ...names.map(({ figure }) => figure)]);
  const example = known.find((name) => name.endsWith('.p95')) ?? known[0] ?? 'sync-relay.push_response_time.p95';
  const hint = near === undefined ? `such as ${example}` : `(did you mean ${near}?)`;
  throw new InputError('--metric', metric, `a figure of a run that was kept ${hint}`);
}

const RUN_KEYS = [
  'id',
  'savedAt',
  'scenario',
  'profile',
  'clock',
  'side',
  'seed',
  'verdict',
  'traceHash',
  'commit',
  'configHash',
  'toolVersion',
  'node',
  'wallMs',
  'events',
] as const satisfies readonly (keyof KeptRun)[];

function trendData({ scenario, profile, clock, side, unit, points, changes }: Trend): object {
  return {
    scenario,
    profile,
    clock,
    side,
    unit,
    points: points.map(({ run, value }) => ({ run: run.id, savedAt: run.savedAt, commit: run.commit, value })),
    changes: changes.map(({ index, ...change }) => ({ run: points[index]!.run.id, ...change })),
  };
}

function nothingText(parsed: Arguments): string {
  const isFiltered = parsed.has('scenario') || Object.keys(parsed.layer).length > 0 || parsed.profileFile !== undefined;
  if (isFiltered) return 'no run that was kept matches\n';
  return 'no run was kept yet; this keeps one:\n  squall run sync-relay --profile light --save\n';
}

function helpText(): string {
  return [
    'squall history [flags]   runs that were kept by squall run --save, and how their figures went',
    '',
    ...flagHelp('history'),
    '',
    'a figure is <scenario>.<metric>.<statistic>, or without the scenario: p50, p90, p95, p99, p999, max, mean, min and',
    'count of times, rate, passes and total of shares, count and perSecond of counters, value, min and max of levels,',
    'and offered.achieved; changes of its level are marked, and are advisory',
    '',
    `each --save lets go of runs that are older than ${RETAINED_MS / 86_400_000} days, and of all but the latest ${RETAINED_RUNS}`,
    '',
    'exit codes: 0 shown, written or pruned, 2 bad input, 3 a bug',
    '',
  ].join('\n');
}
