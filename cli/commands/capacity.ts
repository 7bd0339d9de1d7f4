// `squall capacity`: the largest load that keeps its objectives, with an interval, what runs out first, and what was asked
// beside it. It must not know how a point is run.
import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { parseHorizon, parsePrices } from '../../scenarios/capacity/costs.ts';
import { overLayer } from '../../scenarios/capacity/layers.ts';
import { parseObjectives } from '../../scenarios/capacity/objectives.ts';
import type { CapacityResult } from '../../scenarios/capacity/result.ts';
import { SEARCH_OPTIONS } from '../../scenarios/capacity/search.ts';
import { parseSweep } from '../../scenarios/capacity/sweep.ts';
import { parseWhatIfs, WHAT_IFS } from '../../scenarios/capacity/what-ifs.ts';
import type { Config, ConfigLayer } from '../../scenarios/config-schema.ts';
import { DEVICES_MAX } from '../../models/device.ts';
import { TOOL } from '../../scenarios/version.ts';
import { InputError } from '../../sim/errors.ts';
import { answersItself } from '../asked.ts';
import { capacityCsv } from '../capacity/csv.ts';
import { type Planned, plan, type Question } from '../capacity/planner.ts';
import type { CapacityPool } from '../capacity/pool.ts';
import { type CapacitySetup, Stopped } from '../capacity/tasks.ts';
import { capacityText } from '../capacity/text.ts';
import { flagHelp } from '../command-flags.ts';
import { checkTarget, loadFile, writeWhole } from '../files.ts';
import { type Arguments, parseArguments } from '../flags.ts';
import { type Gathered, gatherInput, keyOfFile } from '../input.ts';
import { type Io, lineOptions, wantsColours } from '../io.ts';
import { painter, time } from '../report/format.ts';
import { LiveLine } from '../report/live-line.ts';

const WORKERS_MAX = 256;
const COLUMNS = 100;
const REPORTS = ['.html', '.md'];
/** The seed where none was given: a question that is asked again has the same answer. */
const SEED = '1';

/** What runs points; a value, so that it loads only when arguments are right, and tests can stand in for it. */
export interface CapacityEngine {
  readonly scenarioNames: readonly string[];
  /** The configuration of the current load. @throws InputError for what could not be run */
  prepare(gathered: Gathered): Promise<{ config: Config; devicesPerUser: number; workloadKeys: readonly string[] }>;
  pool(count: number, setup: CapacitySetup): CapacityPool;
}

async function loadOwnEngine(): Promise<CapacityEngine> {
  const { SCENARIOS } = await import('../../scenarios/registry.ts');
  const { resolveConfig } = await import('../../scenarios/config.ts');
  const { scenarioOf } = await import('../../scenarios/run.ts');
  const { guarded, installGuard } = await import('../../sim/guard.ts');
  const { capacityPool } = await import('../capacity/pool.ts');
  return {
    scenarioNames: Object.keys(SCENARIOS),
    async prepare({ input }) {
      installGuard();
      const scenario = scenarioOf(input.scenario);
      const config = guarded(() => resolveConfig(input, scenario));
      const workloadKeys = Object.keys(scenario.workload.shape);
      return { config, devicesPerUser: scenario.devicesPerUser ?? 1, workloadKeys };
    },
    pool: capacityPool,
  };
}

/**
 * Answers a capacity question.
 * @param args what stands after `squall capacity`
 * @returns the exit code: 0 an answer; 99 the load that was given, or any, misses; 98 time ran out; 130 interrupted
 * @throws InputError before anything ran or was written
 */
export async function capacityCommand(args: readonly string[], io: Io, loadEngine = loadOwnEngine): Promise<number> {
  const parsed = parseArguments('capacity', args);
  if (await answersItself(parsed, io, async () => helpText((await loadEngine()).scenarioNames))) return 0;
  const given = checkArguments(parsed, io);
  const names = async (): Promise<readonly string[]> => (await loadEngine()).scenarioNames;
  const gathered = await gatherInput(parsed, io.cwd, names);
  const { input } = gathered;
  const ratio = await withCalibration(parsed, gathered, io);
  const side = sideToVerify(parsed, gathered);
  if (parsed.layer.seed === undefined && keyOfFile(input, 'seed') === undefined) {
    input.config = overLayer(input.config ?? {}, { seed: SEED });
  }
  const pricesFile = parsed.text('prices');
  const prices =
    pricesFile === undefined ? undefined : parsePrices(pricesFile, await loadFile('--prices', pricesFile, io.cwd));
  const engine = await loadEngine();
  const { config, devicesPerUser, workloadKeys } = await engine.prepare(gathered);
  const slos = parsed.texts('slo');
  const objectives = slos.length === 0 ? config.thresholds : parseObjectives(slos);
  if (Object.keys(objectives).length === 0) {
    throw new InputError('--slo', undefined, "an objective, such as 'push_response_time: p(95)<500'", 'ERR_SLO');
  }
  const isGiven = parsed.typedAs['users'] !== undefined || keyOfFile(input, 'users') !== undefined;
  const devicesMost = Math.floor(DEVICES_MAX / devicesPerUser);
  const question: Question = {
    config,
    objectives,
    users: config.users,
    isGiven,
    most: Math.min(given.most, devicesMost),
    axes: parseSweep(parsed.texts('sweep'), workloadKeys),
    whatIfs: given.whatIfs,
    costs: given.months === undefined || prices === undefined ? undefined : { months: given.months, prices },
    ratio,
  };
  await checkPoint(question, gathered, slos.length > 0);
  const pool = engine.pool(given.workers, setupOf(gathered, config, parsed, io));
  return ask(parsed, io, question, pool, side === undefined ? undefined : { side, typed: parsed.layer });
}

interface Given {
  readonly workers: number;
  readonly most: number;
  readonly months: number | undefined;
  readonly whatIfs: Question['whatIfs'];
}

/** All that can be refused before a file is read. */
function checkArguments(parsed: Arguments, io: Io): Given {
  const workers = parsed.count('workers', 1) ?? Math.min(availableParallelism(), WORKERS_MAX);
  if (workers > WORKERS_MAX) throw new InputError('--workers', workers, `≤ ${WORKERS_MAX}`);
  const horizon = parsed.text('horizon');
  const months = horizon === undefined ? undefined : parseHorizon(horizon);
  if (months !== undefined && !parsed.has('prices')) {
    throw new InputError('--prices', undefined, 'a file of prices, with --horizon', 'ERR_PRICES');
  }
  if (months === undefined && parsed.has('prices')) {
    throw new InputError('--horizon', undefined, 'a time such as 12mo, with --prices', 'ERR_HORIZON');
  }
  for (const file of parsed.texts('report')) {
    if (!REPORTS.includes(extname(file).toLowerCase())) {
      throw new InputError('--report', file, `a file that ends in one of ${REPORTS.join(', ')}`);
    }
    checkTarget('--report', file, io.cwd);
  }
  const json = parsed.text('json');
  if (json !== undefined) checkTarget('--json', json, io.cwd);
  const csv = parsed.text('csv');
  if (csv !== undefined && csv !== '-') checkTarget('--csv', csv, io.cwd);
  parseObjectives(parsed.texts('slo'));
  parsed.durationMs('for');
  const most = parsed.count('most', 1) ?? SEARCH_OPTIONS.most;
  if (most > 1_000_000) throw new InputError('--most', most, '≤ 1000000');
  return { workers, most, months, whatIfs: parseWhatIfs(parsed.texts('what-if')) };
}

/** Points are runs of the model in virtual time; another side is what they are verified by. */
function sideToVerify(parsed: Arguments, { input }: Gathered): string | undefined {
  const side = parsed.layer.side ?? keyOfFile(input, 'side');
  if (parsed.has('verify')) {
    input.config = overLayer(input.config ?? {}, { side: 'model' });
    return typeof side === 'string' && side !== 'model' ? side : 'spawn';
  }
  if (side !== undefined && side !== 'model') {
    throw new InputError('--side', side, 'model: points of load are runs of the model');
  }
  const clock = parsed.layer.clock ?? keyOfFile(input, 'clock');
  if (clock !== undefined && clock !== 'virtual') {
    throw new InputError('--clock', clock, 'virtual: points of load are runs of the model');
  }
  return undefined;
}

/** Lays a calibration under what was typed; gives its interval of the throughput. */
async function withCalibration(parsed: Arguments, { input }: Gathered, io: Io): Promise<Question['ratio']> {
  const file = parsed.text('calibration');
  if (file === undefined) return undefined;
  const { layeredOver, readCalibration } = await import('../calibrate/layer.ts');
  const { calibrationLayer } = await import('../../scenarios/capacity/calibration-file.ts');
  const calibration = readCalibration(file, io.cwd);
  input.config = layeredOver(calibrationLayer(calibration), input.config ?? {});
  return calibration.interval;
}

/** What every point would refuse is refused here, once. */
async function checkPoint(question: Question, { input }: Gathered, areTyped: boolean): Promise<void> {
  const { checkPoint: check } = await import('../../scenarios/capacity/check-point.ts');
  try {
    await check(input, question.objectives, question.users);
  } catch (error) {
    const ofSlo = areTyped && error instanceof InputError && error.field.startsWith('thresholds.');
    if (!ofSlo) throw error;
    const metric = error.field.slice('thresholds.'.length);
    throw new InputError('--slo', `${metric}: ${String(error.received)}`, error.expected, 'ERR_SLO');
  }
}

function setupOf(gathered: Gathered, config: Config, parsed: Arguments, { cwd }: Io): CapacitySetup {
  const { documents: _documents, scenario: _scenario, ...input } = gathered.input;
  return { cwd, input, scenario: parsed.positionals[0] ?? config.scenario, documentsFile: gathered.documentsFile };
}

/** What a capacity is verified by, and the layer that was typed. */
interface Verified {
  readonly side: string;
  readonly typed: ConfigLayer;
}

async function ask(
  parsed: Arguments,
  io: Io,
  question: Question,
  pool: CapacityPool,
  verified: Verified | undefined,
): Promise<number> {
  const startedMs = io.nowMs();
  const forMs = parsed.durationMs('for');
  const line = new LiveLine(lineOptions(io, { has: () => false }));
  let isInterrupted = false;
  const stopListening = io.onInterrupt(() => {
    isInterrupted = true;
    pool.stop();
  });
  try {
    const planned = await plan(question, {
      runner: pool,
      isLate: () => forMs !== undefined && io.nowMs() - startedMs >= forMs,
      progress: (text) => {
        if (!parsed.has('quiet')) line.update((elapsedMs) => `${time(elapsedMs)}  ${text}`);
      },
    });
    const verification =
      verified === undefined
        ? null
        : await verificationFor(question, planned, verified, parsed, io, (text) => {
            if (!parsed.has('quiet')) line.update((elapsedMs) => `${time(elapsedMs)}  ${text}`);
          });
    line.end();
    if (verification === undefined) {
      io.err('interrupted\n');
      return 130;
    }
    const wallMs = Math.round(io.nowMs() - startedMs);
    const result = resultOf(question, planned, verification, parsed, wallMs);
    await tell(result, parsed, io);
    return result.exitCode;
  } catch (error) {
    line.end();
    if (!isInterrupted || !(error instanceof Stopped)) throw error;
    io.err('interrupted\n');
    return 130;
  } finally {
    stopListening();
    await pool.close();
  }
}

function resultOf(
  question: Question,
  planned: Planned,
  verification: CapacityResult['verification'],
  parsed: Arguments,
  wallMs: number,
): CapacityResult {
  const { config, objectives } = question;
  const { capacity, current, curve, isComplete } = planned;
  return {
    schemaVersion: 1,
    kind: 'capacity',
    tool: { ...TOOL },
    scenario: config.scenario,
    profile: config.profile,
    seed: config.seed,
    objectives,
    calibration: parsed.text('calibration') ?? null,
    config,
    capacity,
    current,
    points: planned.points,
    sweep: planned.sweep,
    knee: curve.throughputKnee,
    usl: curve.usl,
    whatIfs: planned.whatIfs,
    costs: planned.costs,
    verification,
    notes: planned.notes,
    isComplete,
    wallMs,
    exitCode: exitCodeOf(capacity.kind, current, isComplete),
  };
}

/** Drives the real relay at shares of what was found; nothing where nothing was found. */
async function verificationFor(
  { config }: Question,
  { capacity }: Planned,
  { side, typed }: Verified,
  parsed: Arguments,
  io: Io,
  told: (text: string) => void,
): Promise<CapacityResult['verification'] | undefined> {
  if (capacity.users < 4) return null;
  const { LOADS, verify } = await import('../capacity/verify.ts');
  const { launchSelf } = await import('../baseline/launch.ts');
  const calibration = parsed.text('calibration');
  const { readCalibration } = await import('../calibrate/layer.ts');
  const named = (flag: 'config' | 'calibration'): string[] => {
    const file = parsed.text(flag);
    return file === undefined ? [] : [`--${flag}`, file];
  };
  const verifyPlan = {
    scenario: parsed.positionals[0]!,
    profile: parsed.profileFile ?? config.profile,
    seed: config.seed,
    side,
    layer: typed,
    files: [...named('config'), ...named('calibration')],
    access: [
      ...(parsed.has('allow-remote') ? ['--allow-remote'] : []),
      ...parsed.texts('header').flatMap((each) => ['--header', each]),
    ],
    users: LOADS.map((share) => Math.max(1, Math.round(share * capacity.users))),
    repeats: 3,
    holdMs: 15_000,
    warmUpMs: 5000,
    clientDelayMs: calibration === undefined ? 0 : readCalibration(calibration, io.cwd).clientDelayMs.p50,
  };
  return verify(verifyPlan, io, launchSelf, told);
}

/** What is certain wins: a load that misses does so whatever else was not answered. */
function exitCodeOf(
  kind: CapacityResult['capacity']['kind'],
  current: CapacityResult['current'],
  isComplete: boolean,
): number {
  const isMissed = kind === 'never' || (current !== null && current.isGiven && !current.isMet);
  if (!isComplete) return 98;
  return isMissed ? 99 : 0;
}

async function tell(result: CapacityResult, parsed: Arguments, io: Io): Promise<void> {
  const csv = parsed.text('csv');
  if (csv === '-') io.out(capacityCsv(result));
  else {
    const paint = painter(wantsColours(io));
    const columns = io.outColumns?.() ?? COLUMNS;
    const text = capacityText(result, paint, columns);
    io.out(parsed.has('quiet') ? `${text.split('\n\n')[0]!.trimEnd()}\n` : text);
  }
  const json = parsed.text('json');
  if (json !== undefined) writeWhole('--json', json, `${JSON.stringify(result, null, 2)}\n`, io.cwd);
  if (csv !== undefined && csv !== '-') writeWhole('--csv', csv, capacityCsv(result), io.cwd);
  for (const file of parsed.texts('report')) {
    const isPage = extname(file).toLowerCase() === '.html';
    const text = isPage
      ? (await import('../capacity/report-html.ts')).capacityPage(result)
      : (await import('../capacity/report-markdown.ts')).capacityMarkdown(result);
    writeWhole('--report', file, text, io.cwd);
  }
}

function helpText(scenarioNames: readonly string[]): string {
  return [
    'squall capacity <scenario> [flags]   the most users that keep every objective, in runs of the model',
    '',
    `scenarios: ${scenarioNames.join(', ')}, or a file`,
    '',
    ...flagHelp('capacity'),
    '',
    'ready questions for --what-if:',
    ...WHAT_IFS.map(({ name, title }) => `  ${name.padEnd(16)} ${title}`),
    '',
    'exit codes: 0 an answer, 2 bad input, 3 a bug, 98 time ran out,',
    '            99 the load that was given misses the objectives, or any load does, 130 interrupted',
    '',
  ].join('\n');
}
