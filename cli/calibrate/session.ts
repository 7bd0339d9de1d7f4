// A session of measured steps: rounds of all loads, each in an order of its own, disturbed ones once more while there is time.
// It has no clock and drives nothing itself; it must not know what the steps identify.
import type { StepLoad, StepMeasurement } from '../../scenarios/capacity/steps.ts';
import { Streams } from '../../sim/random.ts';
import type { DrivenStep, StepOrder } from './driver.ts';
import { disturbanceOf, reasonsOf } from './gates.ts';

/** A load, and whether it goes to the relay or to the server that does nothing. */
export interface SessionLoad {
  readonly kind: 'step' | 'echo';
  readonly load: StepLoad;
}

export interface SessionOptions {
  readonly loads: readonly SessionLoad[];
  readonly settleMs: number;
  readonly measureMs: number;
  /** All of it, at most. */
  readonly budgetMs: number;
  /** Rounds, where the budget allows for more. */
  readonly repeatsMax: number;
  readonly seed: string;
  /** Real time since any instant. */
  readonly nowMs: () => number;
  readonly drive: (kind: 'step' | 'echo', order: StepOrder) => Promise<DrivenStep>;
  /** Says what has been done. */
  readonly told?: (done: Attempt, progress: number) => void;
  readonly signal?: AbortSignal;
}

/** A step as it was carried out, once. */
export interface Attempt {
  readonly kind: 'step' | 'echo';
  readonly step: StepMeasurement;
  readonly attempt: number;
  /** 1 is at a gate. */
  readonly disturbance: number;
}

export interface Session {
  readonly attempts: readonly Attempt[];
  /** Of each load and round the least disturbed one. */
  readonly used: readonly Attempt[];
  readonly repeats: number;
  /** Rounds that the budget did not allow for. */
  readonly repeatsLeftOut: number;
  readonly canaryMs: number;
}

/** Attempts at one step of one round. */
const ATTEMPTS_MAX = 3;
/** Of the budget for the rounds; the rest is for steps that were disturbed. */
const ROUNDS_SHARE = 0.82;

/** Carries out the rounds. Stops after the step under way when the signal is given. */
export async function runSession(options: SessionOptions): Promise<Session> {
  const { loads, settleMs, measureMs, budgetMs, repeatsMax, seed, nowMs, drive, told, signal } = options;
  const startedMs = nowMs();
  const stepMs = settleMs + measureMs;
  const repeats = Math.max(1, Math.min(repeatsMax, Math.floor((budgetMs * ROUNDS_SHARE) / (loads.length * stepMs))));
  const order = new Streams(seed).stream('order');
  const attempts: Attempt[] = [];
  let canaryMs = Infinity;
  const isStopped = (): boolean => signal?.aborted === true;

  const carryOut = async ({ kind, load }: SessionLoad, repeat: number, attempt: number): Promise<void> => {
    const step = await drive(kind, { load, repeat, settleMs, measureMs, seed: `${seed}/${attempt}` });
    canaryMs = Math.min(canaryMs, ...step.disturbance.canaryMs);
    const done: Attempt = {
      kind,
      step: { ...step, reasons: reasonsOf(step, canaryMs) },
      attempt,
      disturbance: disturbanceOf(step, canaryMs),
    };
    attempts.push(done);
    told?.(done, Math.min(1, (nowMs() - startedMs) / budgetMs));
  };

  for (let repeat = 0; repeat < repeats && !isStopped(); repeat++) {
    for (const load of order.shuffle([...loads])) {
      if (isStopped()) break;
      await carryOut(load, repeat, 1);
    }
  }
  // Those that were disturbed most first, while there is time for a whole step.
  while (!isStopped() && nowMs() - startedMs + stepMs <= budgetMs) {
    const worst = bestOf(attempts)
      .filter(({ best, tries }) => best.disturbance > 1 && tries < ATTEMPTS_MAX)
      .sort((a, b) => a.tries - b.tries || b.best.disturbance - a.best.disturbance)[0];
    if (worst === undefined) break;
    const { kind, step } = worst.best;
    await carryOut({ kind, load: step.load }, step.repeat, worst.tries + 1);
  }
  // The quietest canary is known only now.
  const judged = attempts.map((each): Attempt => ({
    ...each,
    step: { ...each.step, reasons: reasonsOf(each.step, canaryMs) },
    disturbance: disturbanceOf(each.step, canaryMs),
  }));
  const used = bestOf(judged).map(({ best }) => best);
  return { attempts: judged, used, repeats, repeatsLeftOut: repeatsMax - repeats, canaryMs };
}

function bestOf(attempts: readonly Attempt[]): { best: Attempt; tries: number }[] {
  const byStep = new Map<string, { best: Attempt; tries: number }>();
  for (const each of attempts) {
    const name = `${each.kind} ${each.step.load.name} ${each.step.repeat}`;
    const known = byStep.get(name);
    if (known === undefined) byStep.set(name, { best: each, tries: 1 });
    else {
      known.tries++;
      if (each.disturbance < known.best.disturbance) known.best = each;
    }
  }
  return [...byStep.values()];
}
