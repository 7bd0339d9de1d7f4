// `npm run bench`: how fast this machine simulates. PHOLD against an object heap, whole runs with their peak memory,
// single operations, the load that a driver makes over HTTP, what our relay answers, and what the live view costs, each in a
// process of its own; then the figures that are wanted, met or not. It judges a machine and a day as much as the code, so it is no test, and ends
// with 0 whatever is met.
//
//     npm run bench                      all of it, a few minutes
//     npm run bench -- phold runs        some of it: phold, runs, hunting, micro, driver, relay, view
//     npm run bench -- --quick           smaller; what is wanted is said of the full size only
//     npm run bench -- runs --repeat 3   each run so often, in turn; the median counts

import { execFileSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { RunInput } from '../../scenarios/result.ts';
import { grouped, median, table } from './measure.ts';
import type { DriverRounds } from './driver.ts';
import type { HuntingRounds } from './hunting.ts';
import type { MicroRounds } from './micro.ts';
import type { RunFigures } from './one-run.ts';
import type { PholdRounds } from './phold.ts';
import type { RelayRounds } from './relay.ts';
import type { ViewRounds } from './view.ts';

/** A figure that is wanted, as it came out. */
interface Wanted {
  readonly what: string;
  readonly got: string;
  readonly wanted: string;
  readonly isMet: boolean;
}

interface Options {
  readonly isQuick: boolean;
  readonly repeat: number;
}

const PARTS = {
  phold: benchPhold,
  runs: benchRuns,
  hunting: benchHunting,
  micro: benchMicro,
  driver: benchDriver,
  relay: benchRelay,
  view: benchView,
} as const;
type Part = keyof typeof PARTS;

/** Least ratio of the kernel's rate to the object heap's, by pending events. */
const PHOLD: readonly (readonly [pending: number, ratio: number])[] = [
  [1000, 1.5],
  [100_000, 4],
  [1_000_000, 4],
];
const PHOLD_PROCESSES = 3;

/** Documents, the least storms a second of CPU time, and storms of a round. */
const HUNTING: readonly (readonly [documents: string, perSecondMin: number, storms: number])[] = [
  ['lww', 400, 1000],
  ['yjs', 40, 200],
];

/** Least ratio of our HTTP client's rate to autocannon's, over so many connections. */
const DRIVER_RATIO_MIN = 0.8;
const DRIVER_CONNECTIONS = 50;

/** A run, and the most wall seconds and bytes that it may take at full size. */
interface BenchRun {
  readonly name: string;
  readonly input: RunInput;
  readonly secondsMax?: number;
  readonly bytesMax?: number;
}

const RUNS: readonly BenchRun[] = [
  {
    name: 'sync-relay heavy',
    input: { scenario: 'sync-relay', profile: 'heavy', seed: '1' },
    secondsMax: 30,
    bytesMax: 2e9,
  },
  {
    name: 'sync-relay heavy, 20,000 users, 60 s',
    input: {
      scenario: 'sync-relay',
      profile: 'heavy',
      seed: '1',
      config: { users: 20_000, thinkScale: 1, durationMs: 60_000 },
    },
    secondsMax: 30,
    bytesMax: 2e9,
  },
  {
    name: 'crdt-conflicts heavy',
    input: { scenario: 'crdt-conflicts', profile: 'heavy', seed: '1' },
    secondsMax: 90,
  },
  { name: 'mixed-workload heavy', input: { scenario: 'mixed-workload', profile: 'heavy', seed: '1' } },
];

const QUICK_RUNS: readonly BenchRun[] = ['sync-relay', 'crdt-conflicts', 'mixed-workload'].map((scenario) => ({
  name: `${scenario} light`,
  input: { scenario, profile: 'light', seed: '1' },
}));

/** Runs a file of this folder in a process of its own and reads the JSON that it prints. */
function inOwnProcess(file: string, ...args: (string | number)[]): unknown {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  return JSON.parse(
    execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', path, ...args.map(String)], {
      encoding: 'utf8',
      stdio: [...stdio],
    }),
  );
}

/** The median, with the least and the greatest. */
function spread(values: readonly number[], digits: number): string {
  const [least, greatest] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits));
  return `${median(values).toFixed(digits)} (${least}–${greatest})`;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function benchPhold({ isQuick }: Options): Wanted[] {
  const eventsPerRound = isQuick ? 200_000 : 1_000_000;
  const rounds = isQuick ? 3 : 5;
  const rows: string[][] = [['pending', 'kernel', 'object heap', 'ratio']];
  const wanted: Wanted[] = [];
  for (const [pending, ratioMin] of PHOLD) {
    const kernelMs: number[] = [];
    const objectHeapMs: number[] = [];
    const processes = isQuick ? 1 : PHOLD_PROCESSES;
    for (let process = 1; process <= processes; process++) {
      say(`phold, ${grouped(pending)} pending, process ${process} of ${processes} …`);
      const measured = inOwnProcess('phold.ts', pending, eventsPerRound, rounds) as PholdRounds;
      kernelMs.push(...measured.kernelMs);
      objectHeapMs.push(...measured.objectHeapMs);
    }
    const millionsPerSecond = (ms: number): number => eventsPerRound / ms / 1000;
    const ratio = median(objectHeapMs) / median(kernelMs);
    const [ours, theirs] = [kernelMs, objectHeapMs].map((ms) => spread(ms.map(millionsPerSecond), 2));
    rows.push([grouped(pending), ours!, theirs!, `${ratio.toFixed(2)}×`]);
    wanted.push({
      what: `PHOLD, ${grouped(pending)} pending`,
      got: `${ratio.toFixed(2)}× the object heap`,
      wanted: `≥ ${ratioMin}×`,
      isMet: ratio >= ratioMin,
    });
  }
  console.log('PHOLD: million events a second of process CPU time; the median round (least–greatest)\n');
  console.log(table(rows));
  return wanted;
}

function benchRuns({ isQuick, repeat }: Options): Wanted[] {
  const runs = isQuick ? QUICK_RUNS : RUNS;
  const measured = new Map<BenchRun, RunFigures[]>(runs.map((run) => [run, []]));
  for (let turn = 1; turn <= repeat; turn++) {
    for (const run of runs) {
      say(`${run.name}, ${turn} of ${repeat} …`);
      measured.get(run)!.push(inOwnProcess('one-run.ts', JSON.stringify(run.input)) as RunFigures);
    }
  }
  const rows = [['run', 'events', 'events/s', 'virtual s/s', 'req/s', 'wall s', 'CPU s', 'peak MB', 'verdict']];
  const wanted: Wanted[] = [];
  for (const [{ name, secondsMax, bytesMax }, figures] of measured) {
    const [{ events, virtualMs, requestsPerSecond, verdict, traceHash }] = figures as [RunFigures];
    if (figures.some((one) => one.traceHash !== traceHash)) throw new Error(`${name}: one seed gave two traces`);
    const wallS = figures.map(({ wallMs }) => wallMs / 1000);
    const cpuS = figures.map(({ cpuMs }) => cpuMs / 1000);
    const peakMb = figures.map(({ peakBytes }) => peakBytes / 1e6);
    const shown = (values: number[], digits: number): string =>
      repeat === 1 ? values[0]!.toFixed(digits) : spread(values, digits);
    rows.push([
      name,
      grouped(events),
      grouped(events / median(wallS)),
      (virtualMs / 1000 / median(wallS)).toFixed(1),
      grouped(requestsPerSecond),
      shown(wallS, 1),
      shown(cpuS, 1),
      shown(peakMb, 0),
      verdict,
    ]);
    if (secondsMax !== undefined) {
      const got = median(wallS);
      wanted.push({ what: name, got: `${got.toFixed(1)} s`, wanted: `≤ ${secondsMax} s`, isMet: got <= secondsMax });
    }
    if (bytesMax !== undefined) {
      const got = median(peakMb);
      wanted.push({
        what: name,
        got: `${got.toFixed(0)} MB`,
        wanted: `≤ ${grouped(bytesMax / 1e6)} MB`,
        isMet: got * 1e6 <= bytesMax,
      });
    }
  }
  console.log('Runs: from configuration to judged result; CPU of all threads, with the start of the process\n');
  console.log(table(rows));
  const isBusy = [...measured.values()].some((figures) => figures.some(({ wallMs, cpuMs }) => wallMs > 1.1 * cpuMs));
  if (isBusy) console.log('  Some took longer than the CPU time that they used: others kept the machine busy.\n');
  return wanted;
}

function benchHunting({ isQuick }: Options): Wanted[] {
  const rows: string[][] = [['documents', 'storms/s', 'with findings']];
  const wanted: Wanted[] = [];
  for (const [documents, perSecondMin, storms] of HUNTING) {
    say(`storms of ${documents} …`);
    const perRound = isQuick ? storms / 10 : storms;
    const { roundMs, failed } = inOwnProcess('hunting.ts', documents, perRound, isQuick ? 2 : 5) as HuntingRounds;
    const perSecond = roundMs.map((ms) => (perRound / ms) * 1000);
    rows.push([documents, spread(perSecond, 0), String(failed)]);
    wanted.push({
      what: `hunting ${documents}`,
      got: `${median(perSecond).toFixed(0)} storms/s`,
      wanted: `≥ ${perSecondMin}`,
      isMet: median(perSecond) >= perSecondMin,
    });
  }
  console.log('Hunting: storms of 5 devices and 50 edits a second of CPU time; the median round (least–greatest)\n');
  console.log(table(rows));
  return wanted;
}

function benchMicro({ isQuick }: Options): Wanted[] {
  say('single operations …');
  const measured = inOwnProcess('micro.ts', isQuick ? 20_000 : 200_000, isQuick ? 3 : 9) as MicroRounds;
  const rows = [['operation', 'ns'], ...Object.entries(measured).map(([name, ns]) => [name, spread(ns, 0)])];
  console.log('Single operations: nanoseconds of CPU time; the median round (least–greatest)\n');
  console.log(table(rows));
  return [];
}

function benchDriver({ isQuick }: Options): Wanted[] {
  const [rounds, seconds] = isQuick ? [2, 1] : [5, 5];
  say(`driver and autocannon, ${rounds} rounds of ${seconds} s each, then wakes …`);
  const measured = inOwnProcess('driver.ts', rounds, seconds, DRIVER_CONNECTIONS) as DriverRounds;
  const { bodyBytes, ours, autocannon, lateness } = measured;
  const ratio = median(ours.map((one) => one.perSecond)) / median(autocannon.map((one) => one.perSecond));
  const rows = [['driver', 'answers/s', 'CPU µs each']];
  for (const [name, list] of [['squall', ours] as const, ['autocannon', autocannon] as const]) {
    const perSecond = list.map((one) => one.perSecond);
    rows.push([
      name,
      spread(perSecond, 0),
      spread(
        list.map((one) => one.cpuUsPerRequest),
        1,
      ),
    ]);
  }
  console.log(
    `Drivers: a POST of ${bodyBytes} bytes to one echo server, ${DRIVER_CONNECTIONS} connections, in turn; the median round` +
      ' (least–greatest)\n',
  );
  console.log(table(rows));
  console.log('Wakes: how late they come, ms\n');
  console.log(
    table([
      ['wakes/s', 'by', 'p50', 'p99', 'max'],
      ...lateness.map(({ perSecond, by, p50Ms, p99Ms, maxMs }) => [
        String(perSecond),
        by,
        ...[p50Ms, p99Ms, maxMs].map((ms) => ms.toFixed(2)),
      ]),
    ]),
  );
  return [
    {
      what: `driver, ${DRIVER_CONNECTIONS} connections`,
      got: `${ratio.toFixed(2)}× autocannon`,
      wanted: `≥ ${DRIVER_RATIO_MIN}×`,
      isMet: ratio >= DRIVER_RATIO_MIN,
    },
  ];
}

function benchRelay({ isQuick }: Options): Wanted[] {
  const [rounds, seconds] = isQuick ? [1, 1] : [3, 3];
  say(`the relay, ${rounds} rounds of ${seconds} s for each load …`);
  const { cells } = inOwnProcess('relay.ts', rounds, seconds) as RelayRounds;
  const rows = [['load', 'store', 'connections', 'answers/s', 'p50 ms', 'p95 ms'], Array<string>(6).fill('---')];
  for (const { load: what, store, connections, rounds: done } of cells) {
    const of = (figure: 'perSecond' | 'p50Ms' | 'p95Ms'): number => median(done.map((round) => round[figure]));
    const latencies = [of('p50Ms').toFixed(1), of('p95Ms').toFixed(1)];
    rows.push([what, store, String(connections), grouped(of('perSecond')), ...latencies]);
  }
  console.log('Our relay as it is served, durable, driven in a closed loop; the median round\n');
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
  const isSkipped = !cells.some(({ store }) => store === 'postgres');
  console.log(isSkipped ? '\nPostgres: SKIPPED, no binaries in /usr/lib/postgresql\n' : '');
  return [];
}

/** Most that a run may take longer with its view. */
const VIEW_RATIO_MAX = 1.03;
/** What is run with the view and without, and how often each. */
const VIEWED: readonly (readonly [name: string, rounds: number, args: readonly string[]])[] = [
  ['sync-relay light', 15, ['run', 'sync-relay', '--profile', 'light', '--seed', '42']],
  ['sync-relay medium', 3, ['run', 'sync-relay', '--profile', 'medium', '--seed', '42']],
  ['hunt, 2,000 storms', 5, ['hunt', 'crdt-conflicts', '--seeds', '1..2000']],
];

function benchView({ isQuick }: Options): Wanted[] {
  const rows = [['with the view and without', 'ms', 'ms', 'ratio', 'CPU ratio']];
  const wanted = VIEWED.slice(0, isQuick ? 1 : VIEWED.length).map(([name, rounds, args]): Wanted => {
    say(`${name} in a terminal, with its view and without, ${isQuick ? 2 : rounds} times each …`);
    const { withView, without } = inOwnProcess('view.ts', isQuick ? 2 : rounds, ...args) as ViewRounds;
    const ratioOf = (figure: 'wallMs' | 'cpuMs'): number =>
      median(withView.map((round) => round[figure])) / median(without.map((round) => round[figure]));
    const times = [withView, without].map((list) =>
      spread(
        list.map(({ wallMs }) => wallMs),
        0,
      ),
    );
    const ratio = ratioOf('wallMs');
    rows.push([name, ...times, ratio.toFixed(3), ratioOf('cpuMs').toFixed(3)]);
    return {
      what: `${name} with its view`,
      got: `${ratio.toFixed(3)}× its time without`,
      wanted: `≤ ${VIEW_RATIO_MAX}×`,
      isMet: ratio <= VIEW_RATIO_MAX,
    };
  });
  console.log(table(rows));
  return wanted;
}

function machine(): string {
  const [first] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `Node ${process.versions.node}, ${first?.model.trim() ?? 'unknown processor'} × ${cpus().length}, ${memory}`;
}

/** What else keeps the machine busy: runnable processes over the last minute, this one's own among them. */
function load(): string {
  return loadavg()[0]!.toFixed(2);
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, repeat: { type: 'string', default: '1' } },
  });
  const unknown = positionals.find((part) => !Object.hasOwn(PARTS, part));
  const repeat = Number(values.repeat);
  if (unknown !== undefined || !Number.isInteger(repeat) || repeat < 1) {
    console.error(
      'usage: npm run bench -- [phold] [runs] [hunting] [micro] [driver] [relay] [view] [--quick] [--repeat <n>]',
    );
    process.exitCode = 2;
    return;
  }
  const parts = (positionals.length > 0 ? positionals : Object.keys(PARTS)) as Part[];
  console.log(`squall bench: ${machine()}; load ${load()} at the start\n`);
  const wanted = parts.flatMap((part) => PARTS[part]({ isQuick: values.quick, repeat }));
  console.log(`load at the end: ${load()}`);
  if (values.quick || wanted.length === 0) return;
  console.log('\nWanted\n');
  console.log(table(wanted.map((one) => [`${one.isMet ? 'met    ' : 'NOT met'}  ${one.what}`, one.got, one.wanted])));
}

main();
