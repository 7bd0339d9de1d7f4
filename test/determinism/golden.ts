// The golden runs: small runs whose hashes are committed and hold on every supported Node. Plain TypeScript that Node
// runs by itself. A change that makes the same seed draw differently is meant, or it is a bug: where it is meant,
// `--update` writes golden.json anew. `--print <name>` shows what is hashed, to compare two versions of Node.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ConfigLayer } from '../../scenarios/config-schema.ts';
import type { Result } from '../../scenarios/result.ts';
import { loadDocuments } from '../../scenarios/documents.ts';
import { run, scenarioOf } from '../../scenarios/run.ts';
import { findingFileText, parseFindingFile } from '../../scenarios/search/finding-file.ts';
import { shapeOf } from '../../scenarios/search/hunt.ts';
import { huntConfig } from '../../scenarios/search/investigate.ts';
import { replayOf } from '../../scenarios/search/replay.ts';
import { planOf, trialOf } from '../../scenarios/search/trial.ts';
import { exponentialUs, quantile, sampler } from '../../sim/distributions.ts';
import { keyedUint32, keyedUnit, Streams } from '../../sim/random.ts';
import { installGuard } from '../../sim/guard.ts';
import { Simulation } from '../../sim/simulation.ts';
import { huntFor, plantedBugs } from '../sweeps/specimens.ts';

const FILE = fileURLToPath(new URL('golden.json', import.meta.url));

/** What is committed of a run. */
interface Hashes {
  trace?: string;
  protocol?: string;
  /** Of the result without wallMs, runtime, configuration and the versions of tool and format. */
  result: string;
}

/** A run: what is hashed, as plain data that can be printed. */
interface Golden {
  hashes: Hashes;
  result: unknown;
}

const hashOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

function ofResult({ traceHash, protocolHash, ...whole }: Result): Golden {
  const { durationMs, events, offered, metrics, thresholds, findings, faults, marks, verdict } = whole;
  const result = { durationMs, events, offered, metrics, thresholds, findings, faults, marks, verdict };
  return { hashes: { trace: traceHash, protocol: protocolHash, result: hashOf(result) }, result };
}

function scenario(name: string, profile: string, config: ConfigLayer = {}, seed = '1'): () => Promise<Golden> {
  return async () => ofResult((await run({ scenario: name, profile, seed, config })).result);
}

/** PHOLD (Fujimoto 1990): each event schedules one other, for any of the objects, after an exponential delay. */
async function phold(): Promise<Golden> {
  const objects = 1000;
  const simulation = new Simulation({ seed: 'phold' });
  const stream = simulation.streams.stream('phold');
  const handled = new Uint32Array(objects);
  const handler = simulation.handler('phold', (object) => {
    handled[object]! += 1;
    simulation.schedule(exponentialUs(stream, 1_000_000), handler, stream.integer(0, objects - 1));
  });
  for (let object = 0; object < objects; object++)
    simulation.schedule(exponentialUs(stream, 1_000_000), handler, object);
  simulation.run(undefined, 100_000);
  const result = { nowUs: simulation.nowUs, handled: [...handled] };
  return { hashes: { trace: simulation.trace.hash(), result: hashOf(result) }, result };
}

/** Draws of every kind to the last bit: a logarithm that an engine rounds differently shows here first. */
async function draws(): Promise<Golden> {
  const streams = new Streams('draws');
  const key = streams.key('draws');
  const kinds = [
    { kind: 'uniform', min: 3, max: 17 },
    { kind: 'exponential', mean: 250 },
    { kind: 'normal', mean: 100, deviation: 15, min: 0 },
    { kind: 'lognormal', mean: 29, sigma: 0.35, min: 5, max: 2000 },
    { kind: 'pareto', min: 2, alpha: 1.5, max: 1000 },
  ] as const;
  const result: Record<string, number[]> = {};
  for (const options of kinds) {
    const draw = sampler(options, streams.stream(options.kind));
    result[options.kind] = Array.from({ length: 500 }, draw);
    const quantiles = Array.from({ length: 500 }, (_, n) =>
      quantile(options, keyedUnit(key, n, 2 ** 40 + n, n % 7, -n)),
    );
    result[`${options.kind} by key`] = quantiles;
  }
  result['keyed'] = Array.from({ length: 500 }, (_, n) => keyedUint32(key, n, -n, n, n * 3));
  return { hashes: { result: hashOf(result) }, result };
}

/** A finding: hunted, shrunk, and replayed from its file. */
function finding(name: string): () => Promise<Golden> {
  return async () => {
    const planted = (await plantedBugs()).find((each) => each.name === name);
    const found = planted === undefined ? undefined : huntFor(planted);
    if (planted === undefined || found === undefined) throw new Error(`${name} was not found`);
    const { finding: kept, plan, traceHash, sizeAfter } = parseFindingFile(name, findingFileText(found.file));
    const replay = replayOf(found.file, planted.documents);
    const result = { kept, plan, sizeAfter, verdict: replay.verdict, isExact: replay.isExact };
    return { hashes: { trace: traceHash, result: hashOf(result) }, result };
  };
}

/** Storms of many seeds as a hunt makes them: every fault, every oracle. */
function hunt(documents: string, seeds: number): () => Promise<Golden> {
  return async () => {
    installGuard();
    const type = await loadDocuments(documents);
    const conflicts = scenarioOf('crdt-conflicts');
    const result = Array.from({ length: seeds }, (_, index) => {
      const seed = `golden ${index}`;
      const config = huntConfig({ scenario: conflicts, config: { faults: 'swarm' } }, seed, shapeOf(seed));
      const { findings, traceHash, faults, marks } = trialOf(type)(config, planOf(conflicts, config, type));
      return { findings, traceHash, faults, marks };
    });
    return { hashes: { result: hashOf(result) }, result };
  };
}

/** A short light run: all that the profile has, ramps too, in a twentieth of its time. */
const SHORT: ConfigLayer = { durationMs: 15_000, users: 40 };

const RUNS: Readonly<Record<string, () => Promise<Golden>>> = {
  'sync-relay storm': scenario('sync-relay', 'storm'),
  'crdt-conflicts storm': scenario('crdt-conflicts', 'storm'),
  'mixed-workload storm': scenario('mixed-workload', 'storm'),
  'crdt-conflicts storm of another seed': scenario('crdt-conflicts', 'storm', {}, 'another seed'),
  'sync-relay light, short': scenario('sync-relay', 'light', SHORT),
  'crdt-conflicts light, short': scenario('crdt-conflicts', 'light', { durationMs: 15_000 }),
  'mixed-workload light, short': scenario('mixed-workload', 'light', SHORT),
  'sync-relay lossy': scenario('sync-relay', 'light', { ...SHORT, faults: 'lossy' }),
  'crdt-conflicts lossy': scenario('crdt-conflicts', 'storm', { faults: 'lossy' }),
  'crdt-conflicts partitions': scenario('crdt-conflicts', 'storm', { faults: 'partitions', durationMs: 600_000 }),
  'mixed-workload partitions': scenario('mixed-workload', 'storm', { faults: 'partitions', durationMs: 600_000 }),
  'crdt-conflicts skew': scenario('crdt-conflicts', 'storm', { faults: 'skew', durationMs: 3_600_000 }),
  'sync-relay dialect 1.0': scenario('sync-relay', 'light', { ...SHORT, dialect: '1.0' }),
  'mixed-workload dialect 1.0': scenario('mixed-workload', 'storm', { dialect: '1.0' }),
  'sync-relay on a flaky network': scenario('sync-relay', 'light', { ...SHORT, network: 'flaky' }),
  'sync-relay on 3g': scenario('sync-relay', 'light', { ...SHORT, network: '3g' }),
  'sync-relay with a rate limit': scenario('sync-relay', 'light', { ...SHORT, relay: { rateLimitPerMinute: 30 } }),
  'sync-relay at a relay that is too small': scenario('sync-relay', 'light', {
    ...SHORT,
    relay: { instances: 1, workers: 1, queueLimit: 5, pushMsMean: 20, pullMsMean: 10 },
  }),
  'crdt-conflicts with small pages': scenario('crdt-conflicts', 'light', {
    durationMs: 15_000,
    relay: { pageSize: 3 },
    client: { batchSize: 2, notifyMs: 2000 },
  }),
  'crdt-conflicts of yjs': scenario('crdt-conflicts', 'storm', { documents: 'yjs' }),
  'crdt-conflicts of yjs by state': scenario('crdt-conflicts', 'storm', { documents: 'yjs', sync: 'state' }),
  'sync-relay chaos': scenario('sync-relay', 'light', { ...SHORT, faults: 'chaos' }),
  'crdt-conflicts crashes': scenario('crdt-conflicts', 'storm', { faults: 'crashes' }),
  'a hunt of lww': hunt('lww', 25),
  'a hunt of yjs': hunt('yjs', 10),
  'a finding of a document': finding('reused-actor'),
  'a finding of a relay': finding('snapshot-position'),
  phold,
  draws,
};

function read(): Record<string, Hashes> {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, Hashes>;
}

/** Runs all and gives the number that differ. */
async function compare(): Promise<number> {
  const committed = read();
  let differing = 0;
  for (const [name, golden] of Object.entries(RUNS)) {
    const { hashes } = await golden();
    const wrong = (['trace', 'protocol', 'result'] as const).filter((part) => hashes[part] !== committed[name]?.[part]);
    if (wrong.length === 0) continue;
    differing += 1;
    const said = wrong.map((part) => `${part} ${hashes[part]}, not ${committed[name]?.[part] ?? 'one that is known'}`);
    console.error(`${name}: ${said.join('; ')}`);
  }
  for (const name of Object.keys(committed).filter((known) => !Object.hasOwn(RUNS, known))) {
    differing += 1;
    console.error(`${name}: is committed, and is no golden run`);
  }
  return differing;
}

async function update(): Promise<void> {
  const hashes: Record<string, Hashes> = {};
  for (const [name, golden] of Object.entries(RUNS)) hashes[name] = (await golden()).hashes;
  writeFileSync(FILE, `${JSON.stringify(hashes, null, 2)}\n`);
}

const [mode, name] = process.argv.slice(2);
if (mode === '--update') {
  await update();
  console.log(`wrote ${Object.keys(RUNS).length} golden runs of Node ${process.version}`);
} else if (mode === '--print') {
  const golden = RUNS[name ?? ''];
  if (golden === undefined) throw new Error(`--print takes one of ${Object.keys(RUNS).join('; ')}`);
  console.log(JSON.stringify(await golden(), null, 2));
} else {
  const differing = await compare();
  console.log(`${Object.keys(RUNS).length} golden runs, ${differing} differ`);
  process.exitCode = differing > 0 ? 1 : 0;
}
