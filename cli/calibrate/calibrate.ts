// A whole calibration: a session of steps, the fit of what they measured, and the file's content. It must not know flags, nor
// where the file goes.
import { arch, cpus, release, totalmem } from 'node:os';
import { type Calibration, CALIBRATION_VERSION, type KeptStep } from '../../scenarios/capacity/calibration-file.ts';
import { fitSteps } from '../../scenarios/capacity/fit.ts';
import { latenciesOf, inOrder, partName, quantileOf } from '../../scenarios/capacity/steps.ts';
import { TOOL } from '../../scenarios/version.ts';
import { InputError } from '../../sim/errors.ts';
import { type Bench, type BenchOptions, openBench } from './bench.ts';
import { CALIBRATION_LOADS } from './loads.ts';
import { type Attempt, runSession, type Session } from './session.ts';

/** How long steps are; tests have short ones. */
export interface StepTimes {
  readonly settleMs: number;
  readonly measureMs: number;
}

export const STEP_TIMES: StepTimes = { settleMs: 3000, measureMs: 8000 };
/** More rounds than this say little more. */
const REPEATS_MAX = 5;

export interface CalibrateOptions extends BenchOptions {
  readonly budgetMs: number;
  readonly seed: string;
  readonly times: StepTimes;
  readonly nowMs: () => number;
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly told?: (done: Attempt, progress: number) => void;
  readonly signal?: AbortSignal;
}

export interface Calibrated {
  readonly calibration: Calibration;
  readonly session: Session;
}

/**
 * Measures a relay.
 * @returns undefined where it was interrupted
 * @throws InputError where the relay cannot be reached, or fails too often
 */
export async function calibrate(options: CalibrateOptions): Promise<Calibrated | undefined> {
  const startedMs = options.nowMs();
  const bench = await openBench(options);
  try {
    return await measure(bench, options, startedMs);
  } finally {
    await bench.close();
  }
}

/** Measures what a bench holds; whoever opened it closes it. */
export async function measure(
  bench: Pick<Bench, 'relay' | 'drive'>,
  { budgetMs, seed, times, nowMs, measuredAt, told, signal }: CalibrateOptions,
  startedMs: number,
): Promise<Calibrated | undefined> {
  const session = await runSession({
    loads: CALIBRATION_LOADS,
    ...times,
    budgetMs: budgetMs - (nowMs() - startedMs),
    repeatsMax: REPEATS_MAX,
    seed,
    nowMs,
    drive: (kind, order) => bench.drive(kind, order),
    ...(told === undefined ? {} : { told }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (signal?.aborted) return undefined;
  const stepsOf = (kind: Attempt['kind']) => session.used.filter((each) => each.kind === kind).map(({ step }) => step);
  const failing = stepsOf('step').find(({ failures, answers }) => failures > answers / 10);
  if (failing !== undefined) {
    const expected = `a relay that answers (of ${failing.load.name}, ${failing.failures} requests failed)`;
    throw new InputError('--side', bench.relay.side, expected, 'ERR_SIDE');
  }
  const fit = fitSteps({ steps: stepsOf('step'), echoes: stepsOf('echo'), seed });
  const disturbed = session.used.filter(({ step }) => step.reasons.length > 0);
  const notes = [...fit.notes];
  if (disturbed.length > 0) {
    notes.unshift(
      `${disturbed.length} of ${session.used.length} steps were disturbed at every attempt, and count less`,
    );
  }
  if (session.repeats < 2) notes.unshift('each step was measured once: nothing is known about repeats');
  const [cpu] = cpus();
  const calibration: Calibration = {
    schemaVersion: CALIBRATION_VERSION,
    kind: 'calibration',
    tool: `${TOOL.name} ${TOOL.version}`,
    measuredAt,
    machine: {
      cpu: cpu?.model.trim() ?? 'unknown',
      cores: cpus().length,
      memoryBytes: totalmem(),
      platform: `${process.platform} ${release()} ${arch()}`,
      node: process.version,
      canaryMs: session.canaryMs,
    },
    relay: {
      side: bench.relay.side,
      version: bench.relay.version ?? null,
      store: bench.relay.store ?? null,
    },
    plan: { seed, ...times, repeats: session.repeats, disturbed: disturbed.length },
    service: fit.service,
    serviceSigma: fit.serviceSigma,
    clientDelayMs: fit.clientDelayMs,
    clientDelayRestedMs: fit.clientDelayRestedMs,
    noise: fit.noise,
    interval: fit.interval,
    saturation: fit.saturation,
    residuals: fit.residuals,
    steps: session.attempts.map((attempt) =>
      keptStep(
        attempt,
        session.used.some((used) => used.step === attempt.step),
      ),
    ),
    notes,
  };
  return { calibration, session };
}

function keptStep({ step, attempt }: Attempt, isUsed: boolean): KeptStep {
  const { load, repeat, reasons, seconds, answers, failures, parts, cpuMs, commits, disturbance } = step;
  const { serverWait, driverWait, steal, canaryMs, lateMs } = disturbance;
  return {
    name: load.name,
    repeat,
    attempt,
    isUsed,
    reasons,
    seconds,
    answers,
    failures,
    perSecond: answers / seconds,
    cpuMsPerAnswer: cpuMs === undefined || answers === 0 ? null : cpuMs / answers,
    serverWait: serverWait ?? null,
    driverWait,
    steal,
    canaryMs: [...canaryMs],
    lateMs: [...lateMs],
    parts: parts.map(({ part, latenciesMs }) => {
      const sorted = inOrder(latenciesMs);
      const at = (share: number): number => quantileOf(sorted, share);
      return { part: partName(part), count: sorted.length, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
    }),
    commits:
      commits === undefined || commits.count === 0
        ? null
        : {
            count: commits.count,
            ms: (1000 * commits.seconds) / commits.count,
            jobs: commits.jobs / commits.count,
            changes: commits.changes / commits.count,
          },
  };
}

/** Quantiles over all parts of a step, for progress. */
export function shownQuantiles(attempt: Attempt): { p50Ms: number; p95Ms: number } {
  const all = latenciesOf(attempt.step);
  return { p50Ms: quantileOf(all, 0.5), p95Ms: quantileOf(all, 0.95) };
}
