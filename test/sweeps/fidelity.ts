// How well the calibrated model foretells a real relay: calibrates one, then measures two mixes that were not used for that, at
// shares of their saturation, in interleaved blocks, and prints both with the noise of repeats (`npm run sweep:fidelity`).
// Arguments such as `blocks=5 for=180 seed=1 settle=3000 measure=8000 keep=steps.json` choose; `from=steps.json` judges kept
// measurements again. Exit 1 where a bound is crossed. It takes about 13 minutes; nothing else should run meanwhile.

import { readFileSync, writeFileSync } from 'node:fs';
import { openBench } from '../../cli/calibrate/bench.ts';
import { measure } from '../../cli/calibrate/calibrate.ts';
import { CONNECTIONS } from '../../cli/calibrate/loads.ts';
import { type Attempt, runSession } from '../../cli/calibrate/session.ts';
import type { Calibration } from '../../scenarios/capacity/calibration-file.ts';
import { fitSteps } from '../../scenarios/capacity/fit.ts';
import { ratePerSecond, repeated } from '../../scenarios/capacity/fit-residuals.ts';
import { runLoop } from '../../scenarios/capacity/loop-model.ts';
import {
  latenciesOf,
  quantileOf,
  quietSteps,
  type StepLoad,
  type StepMeasurement,
  type StepPart,
} from '../../scenarios/capacity/steps.ts';

const given = new Map(process.argv.slice(2).map((argument) => argument.split('=', 2) as [string, string]));
const blocks = Number(given.get('blocks') ?? 5);
const budgetMs = 1000 * Number(given.get('for') ?? 180);
const seed = given.get('seed') ?? '1';
const settleMs = Number(given.get('settle') ?? 3000);
const measureMs = Number(given.get('measure') ?? 8000);

const part = (op: StepPart['op'], size: number, weight: number): StepPart => ({ op, size, weight });

/** Neither mix has a step of its own in a calibration. */
const MIXES: Readonly<Record<string, readonly StepPart[]>> = {
  '40% pushes of 1–5, 60% pulls of 3': [...[1, 2, 3, 4, 5].map((size) => part('push', size, 8)), part('pull', 3, 60)],
  '70% pushes of 3, 30% pulls of 0': [part('push', 3, 70), part('pull', 0, 30)],
};
const SHARES = [0.25, 0.5, 0.75, 0.9] as const;
const BOUNDS = { median: 0.25, most: 0.75, throughput: 0.15, loadAt90: 0.1 };
const PREDICTED_REQUESTS = 40_000;

interface Kept {
  readonly calibration: Calibration;
  readonly fitted: { readonly steps: readonly StepMeasurement[]; readonly echoes: readonly StepMeasurement[] };
  /** Measured saturation by mix, to which shares refer. */
  readonly saturation: Readonly<Record<string, number>>;
  readonly measured: readonly Attempt[];
}

const saturated = (mix: string): StepLoad => ({
  name: `${mix} saturated`,
  parts: MIXES[mix]!,
  arrivals: { kind: 'closed', connections: CONNECTIONS },
});

const nowMs = (): number => performance.now();

function told({ step, attempt }: Attempt): void {
  const sorted = latenciesOf(step);
  const rate = (step.answers / step.seconds).toFixed(0);
  const times = `p50 ${quantileOf(sorted, 0.5).toFixed(2)} p95 ${quantileOf(sorted, 0.95).toFixed(2)}`;
  console.error(`  ${step.repeat + 1}.${attempt} ${step.load.name}: ${rate}/s ${times} ${step.reasons.join(', ')}`);
}

async function measureAll(): Promise<Kept> {
  const side = { kind: 'spawn' } as const;
  const access = { allowRemote: false, headers: {} };
  const bench = await openBench({ side, pathPrefix: '', access, secret: undefined });
  try {
    const times = { settleMs, measureMs };
    const measuredAt = new Date().toISOString();
    const options = { side, pathPrefix: '', access, secret: undefined, budgetMs, seed, times, nowMs, measuredAt, told };
    const calibrated = await measure(bench, options, nowMs());
    if (calibrated === undefined) throw new Error('the calibration was interrupted');
    const used = (kind: Attempt['kind']): StepMeasurement[] =>
      calibrated.session.used.filter((each) => each.kind === kind).map(({ step }) => step);
    const common = { ...times, nowMs, drive: bench.drive.bind(bench), told };

    const loads = Object.keys(MIXES).map((mix) => ({ kind: 'step' as const, load: saturated(mix) }));
    const stepMs = settleMs + measureMs;
    const first = await runSession({
      ...common,
      loads,
      repeatsMax: 1,
      budgetMs: 4 * stepMs,
      seed: `${seed}/saturation`,
    });
    const saturation = Object.fromEntries(
      Object.keys(MIXES).map((mix) => {
        const { step } = first.used.find(({ step: { load } }) => load.name === saturated(mix).name)!;
        return [mix, ratePerSecond(step)];
      }),
    );
    for (const mix of Object.keys(MIXES)) {
      for (const share of SHARES) {
        const perSecond = share * saturation[mix]!;
        const load = { name: `${mix} ${share}`, parts: MIXES[mix]!, arrivals: { kind: 'open' as const, perSecond } };
        loads.push({ kind: 'step', load });
      }
    }
    const whole = (blocks * loads.length * stepMs) / 0.8;
    const session = await runSession({ ...common, loads, repeatsMax: blocks, budgetMs: whole, seed: `${seed}/blocks` });
    return {
      calibration: calibrated.calibration,
      fitted: { steps: used('step'), echoes: used('echo') },
      saturation,
      measured: session.used,
    };
  } finally {
    await bench.close();
  }
}

interface Row {
  readonly load: string;
  readonly figure: string;
  readonly measured: number;
  readonly range: readonly [low: number, high: number];
  readonly noise: number | null;
  readonly predicted: number;
}

function judge({ fitted, saturation, measured }: Kept): void {
  const { service, serviceSigma, clientDelayMs: client } = fitSteps({ ...fitted, seed });
  console.log(JSON.stringify({ service, serviceSigma, client }));
  const predict = (load: StepLoad) => {
    const { latenciesMs, perSecond } = runLoop({
      service,
      serviceSigma,
      client,
      load,
      requests: PREDICTED_REQUESTS,
      seed,
    });
    const sorted = Float64Array.from(latenciesMs.flatMap((each) => [...each])).sort();
    return { p50Ms: quantileOf(sorted, 0.5), p95Ms: quantileOf(sorted, 0.95), perSecond };
  };
  const rows: Row[] = [];
  const stepsOf = (name: string): StepMeasurement[] =>
    quietSteps(measured.filter(({ step }) => step.load.name === name).map(({ step }) => step));
  const row = (load: string, figure: string, values: readonly number[], predicted: number): Row => {
    const { value, noise } = repeated(values);
    return { load, figure, measured: value, range: [Math.min(...values), Math.max(...values)], noise, predicted };
  };
  for (const mix of Object.keys(MIXES)) {
    const closed = saturated(mix);
    const rates = stepsOf(closed.name).map((step) => ratePerSecond(step));
    rows.push(row(mix, 'saturation /s', rates, predict(closed).perSecond));
    for (const share of SHARES) {
      const steps = stepsOf(`${mix} ${share}`);
      const { load } = steps[0]!;
      const at = (quantile: number): number[] => steps.map((step) => quantileOf(latenciesOf(step), quantile));
      if (share < 0.9) {
        const { p50Ms, p95Ms } = predict(load);
        rows.push(row(`${mix} at ${share * 100}%`, 'p50 ms', at(0.5), p50Ms));
        rows.push(row(`${mix} at ${share * 100}%`, 'p95 ms', at(0.95), p95Ms));
        continue;
      }
      const { value } = repeated(at(0.95));
      let [low, high] = [0.05 * saturation[mix]!, 2 * saturation[mix]!];
      for (let round = 0; round < 14; round++) {
        const perSecond = (low + high) / 2;
        if (predict({ ...load, arrivals: { kind: 'open', perSecond } }).p95Ms < value) low = perSecond;
        else high = perSecond;
      }
      const offered = steps.map(({ answers, seconds }) => answers / seconds);
      rows.push(row(`${mix} at 90%`, `load of p95 ${value.toFixed(1)} ms`, offered, (low + high) / 2));
    }
  }
  const errors: number[] = [];
  let isGood = true;
  console.log(
    `${'load'.padEnd(46)}${'figure'.padEnd(22)}${'measured'.padStart(10)}${'model'.padStart(10)}${'error'.padStart(9)}${'repeats'.padStart(9)}  range`,
  );
  for (const { load, figure, measured: was, range, noise, predicted } of rows) {
    const error = (predicted - was) / was;
    const isInside = predicted >= range[0] && predicted <= range[1];
    const isLatency = figure.startsWith('p');
    if (isLatency) errors.push(isInside ? 0 : Math.abs(error));
    const bound = isLatency ? BOUNDS.most : figure.startsWith('sat') ? BOUNDS.throughput : BOUNDS.loadAt90;
    const isBad = !isInside && Math.abs(error) > bound;
    if (isBad) isGood = false;
    console.log(
      `${load.padEnd(46)}${figure.padEnd(22)}${was.toPrecision(4).padStart(10)}${predicted.toPrecision(4).padStart(10)}` +
        `${`${(100 * error).toFixed(1)}%`.padStart(9)}${(noise === null ? '–' : `±${(100 * noise).toFixed(1)}%`).padStart(9)}` +
        `  ${range[0].toPrecision(3)}–${range[1].toPrecision(3)}${isInside ? ' inside' : ''}${isBad ? ' ✗' : ''}`,
    );
  }
  const median = quantileOf(
    errors.toSorted((a, b) => a - b),
    0.5,
  );
  if (median > BOUNDS.median) isGood = false;
  const disturbed = measured.filter(({ step }) => step.reasons.length > 0).length;
  console.log(`median error of p50 and p95 (0 inside the range of repeats): ${(100 * median).toFixed(1)}%`);
  console.log(`${disturbed} of ${measured.length} steps disturbed at every attempt`);
  console.log(isGood ? '✓ within the bounds' : '✗ a bound is crossed');
  if (!isGood) process.exitCode = 1;
}

const from = given.get('from');
const kept = from === undefined ? await measureAll() : (JSON.parse(readFileSync(from, 'utf8')) as Kept);
const keep = given.get('keep');
if (keep !== undefined) writeFileSync(keep, JSON.stringify(kept));
judge(kept);
