// Drives the real relay at a few of the loads that were predicted, in turn with the prediction of each. It must not know how
// a capacity was found, nor how a verification is shown.
import {
  ACHIEVED,
  type Sample,
  type Verification,
  verificationOf,
  type VerifiedFigure,
  type VerifiedLoad,
} from '../../scenarios/capacity/verification.ts';
import type { ConfigLayer } from '../../scenarios/config-schema.ts';
import { exitCodeOf } from '../../scenarios/result.ts';
import type { StoredResult } from '../../scenarios/result-file.ts';
import { InputError } from '../../sim/errors.ts';
import { type Launch, Runs } from '../baseline/launch.ts';
import type { Io } from '../io.ts';

/** What is to be verified, and how. */
export interface VerifyPlan {
  readonly scenario: string;
  readonly profile: string;
  readonly seed: string;
  /** `spawn`, or the address of a relay. */
  readonly side: string;
  /** What was typed for the capacity question. */
  readonly layer: ConfigLayer;
  /** Files that both runs are given: `--config`, `--calibration`. */
  readonly files: readonly string[];
  /** What lets a side be reached: `--allow-remote`, `--header`. */
  readonly access: readonly string[];
  /** Loads, in users, ascending. */
  readonly users: readonly number[];
  readonly repeats: number;
  readonly holdMs: number;
  readonly warmUpMs: number;
  /** What the client itself adds to a time, which the model does not have, ms. */
  readonly clientDelayMs: number;
}

/** Shares of a capacity that are looked at. */
export const LOADS: readonly number[] = [0.25, 0.5, 0.75];

const FIGURES: readonly VerifiedFigure[] = [
  { metric: 'push_response_time', statistic: 'p50' },
  { metric: 'push_response_time', statistic: 'p95' },
  { metric: 'pull_response_time', statistic: 'p50' },
  { metric: 'pull_response_time', statistic: 'p95' },
  ACHIEVED,
];

/** Keys that a verification sets itself: loopback is no network, and times are its own. */
const OWN_KEYS = [
  'scenario',
  'seed',
  'users',
  'side',
  'clock',
  'network',
  'durationMs',
  'warmUpMs',
  'rampUpMs',
  'rampDownMs',
  'thresholds',
];

/**
 * Runs each load on the real relay and in the model, in turn, the loads in turn too, so that a machine that becomes slower
 * does so for all.
 * @param told what is under way, for people
 * @returns undefined where it was interrupted
 * @throws InputError where a run broke off
 */
export async function verify(
  plan: VerifyPlan,
  io: Io,
  launch: Launch,
  told: (text: string) => void,
): Promise<Verification | undefined> {
  const runs = new Runs(io, launch);
  const stopListening = io.onInterrupt(() => runs.stop());
  const loads = plan.users.map((users) => ({
    users,
    predicted: undefined as Sample | undefined,
    measured: [] as Sample[],
  }));
  try {
    for (let repeat = 0; repeat < plan.repeats; repeat++) {
      for (const load of loads) {
        told(`${load.users} users, ${repeat + 1} of ${plan.repeats}: the real relay`);
        const measured = await one(runs, argumentsOf(plan, load.users, true), plan.side);
        if (measured === undefined) return undefined;
        load.measured.push(sampleOf(measured, 0));
        if (load.predicted !== undefined) continue;
        const predicted = await one(runs, argumentsOf(plan, load.users, false), 'the model');
        if (predicted === undefined) return undefined;
        load.predicted = sampleOf(predicted, plan.clientDelayMs);
      }
    }
    return verificationOf(loads as VerifiedLoad[], FIGURES);
  } finally {
    stopListening();
    runs.close();
  }
}

async function one(runs: Runs, args: readonly string[], side: string): Promise<StoredResult | undefined> {
  const { result, exitCode, said } = await runs.run(args);
  if (runs.isStopped) return undefined;
  // A load that was missed, or that crossed a threshold, is what it is; findings and broken runs are no measurement.
  if (result === undefined || ![0, 98, 99].includes(exitCodeOf(result))) {
    const why = said.trim().split('\n')[0] ?? '';
    throw new InputError(
      '--verify',
      `exit ${exitCode} on ${side}${why === '' ? '' : `: ${why}`}`,
      'runs that end well',
      'ERR_VERIFY',
    );
  }
  return result;
}

function argumentsOf(plan: VerifyPlan, users: number, isReal: boolean): string[] {
  const { scenario, profile, seed, side, files, access, holdMs, warmUpMs } = plan;
  const own = isReal
    ? [
        '--side',
        side,
        '--clock',
        'wall',
        '--warm-up',
        `${warmUpMs}ms`,
        '--duration',
        `${warmUpMs + holdMs}ms`,
        ...access,
      ]
    : ['--side', 'model', '--clock', 'virtual', '--duration', `${holdMs}ms`];
  const given = isReal
    ? files.filter((_, at) => files[at] !== '--calibration' && files[at - 1] !== '--calibration')
    : files;
  const settings = [...settingsOf(plan.layer), 'rampUpMs=0', 'rampDownMs=0'].flatMap((setting) => ['--set', setting]);
  return [
    scenario,
    '--profile',
    profile,
    '--seed',
    seed,
    '--users',
    `${users}`,
    '--network',
    'ideal',
    ...own,
    ...given,
    ...settings,
  ];
}

/** A layer as settings of the command line. */
function settingsOf(layer: ConfigLayer): string[] {
  return Object.entries(layer).flatMap(([key, value]) => {
    if (value === undefined || OWN_KEYS.includes(key)) return [];
    if (typeof value !== 'object') return [`${key}=${String(value)}`];
    return Object.entries(value as Record<string, unknown>).map(([inner, each]) => `${key}.${inner}=${String(each)}`);
  });
}

function sampleOf({ metrics, offered, load }: StoredResult, addedMs: number): Sample {
  const times =
    addedMs === 0
      ? metrics
      : metrics.map((metric) =>
          metric.type === 'trend' ? { ...metric, values: later(metric.values, addedMs) } : metric,
        );
  return { metrics: times, achieved: offered.achieved, reasons: load?.reasons ?? [] };
}

function later<T extends Readonly<Record<string, number>>>(values: T, addedMs: number): T {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, name === 'count' ? value : value + addedMs]),
  ) as T;
}
