// The state of a search for a smaller plan: what holds so far, what was tried, and how long it may go on. It must not
// know how candidates are made.
import { InputError } from '../../sim/errors.ts';
import { hashText } from '../../sim/random.ts';
import type { Finding } from '../../models/finding.ts';
import type { Plan } from '../../models/plan.ts';
import type { Config } from '../config-schema.ts';
import { minimise } from './delta-debugging.ts';
import { isLarger, type PlanSize, sizeOf } from './plan-size.ts';
import type { Simplification } from './simplification.ts';
import type { Trial, TrialOutcome } from './trial-port.ts';

/** How far a search is. */
export interface ShrinkProgress {
  readonly tries: number;
  readonly devices: number;
  readonly edits: number;
  readonly faults: number;
  readonly fates: number;
}

/** What the caller of a search watches, and what only the caller may know: real time. */
export interface ShrinkHooks {
  /** Asked before each try but the first; false ends the search with what it has. */
  mayGoOn?(): boolean;
  /** Called after each try. */
  onProgress?(progress: ShrinkProgress): void;
  /** Most tries; default 10,000. */
  readonly triesMax?: number;
}

/** One thing that a search did to the plan. */
export interface ShrinkStep {
  /** In words, such as `fewer actions`. */
  readonly name: string;
  /** Tries by then, and the size that was left. */
  readonly tries: number;
  readonly size: PlanSize;
}

const TRIES_MAX = 10_000;

export class ShrinkSearch {
  plan: Plan;
  config: Config;
  /** What came of the plan that holds; undefined until `begin`. */
  outcome: TrialOutcome | undefined;
  tries = 0;
  /** True where the search had to end before everything was tried. */
  isCutShort = false;
  readonly steps: ShrinkStep[] = [];

  readonly #signature: string;
  readonly #trial: Trial;
  readonly #hooks: ShrinkHooks;
  /** Fingerprints of what was tried, and of the plan that holds. */
  readonly #tried = new Set<string>();
  #held: string;
  readonly #fingerprints = new WeakMap<object, string>();

  constructor(config: Config, plan: Plan, signature: string, trial: Trial, hooks: ShrinkHooks) {
    this.config = config;
    this.plan = plan;
    this.#signature = signature;
    this.#trial = trial;
    this.#hooks = hooks;
    this.#held = this.#fingerprint(config, plan);
  }

  /** Runs the plan as it is. @returns whether it has a finding of the signature */
  begin(): boolean {
    this.#tried.add(this.#held);
    this.tries++;
    this.outcome = this.#trial(this.config, this.plan);
    this.#report();
    return this.#hasSignature(this.outcome);
  }

  /**
   * Tries a plan that is no larger; from then on it is the one that holds if a finding of it has the signature. What was
   * tried before is not run again. A plan that is refused as bad input does not hold.
   * @returns whether it holds now
   */
  try(plan: Plan | undefined, config = this.config): boolean {
    if (plan === undefined || this.isCutShort) return false;
    const fingerprint = this.#fingerprint(config, plan);
    if (fingerprint === this.#held) return true;
    if (this.#tried.has(fingerprint) || isLarger(sizeOf(plan), sizeOf(this.plan))) return false;
    if (this.tries >= (this.#hooks.triesMax ?? TRIES_MAX) || this.#hooks.mayGoOn?.() === false) {
      this.isCutShort = true;
      return false;
    }
    this.#tried.add(fingerprint);
    this.tries++;
    const outcome = this.#run(config, plan);
    const holds = outcome !== undefined && this.#hasSignature(outcome);
    if (holds) {
      this.plan = plan;
      this.config = config;
      this.outcome = outcome;
      this.#held = fingerprint;
    }
    this.#report();
    return holds;
  }

  /**
   * Makes the plan simpler in one way as far as it goes.
   * @returns whether it is another plan now
   */
  simplify(simplification: Simplification): boolean {
    return this.step(simplification.name, () => {
      for (;;) {
        const before = this.#held;
        const cut = simplification.cut(this.plan);
        minimise(cut.items, (kept) => this.try(cut.apply(new Set(kept))));
        // What was halved may be halved again.
        if (this.#held === before) return;
      }
    });
  }

  /** Does something and notes it as a step where the plan is another one by it. @returns whether it is */
  step(name: string, act: () => void): boolean {
    const before = this.#held;
    act();
    if (this.#held === before) return false;
    this.steps.push({ name, tries: this.tries, size: sizeOf(this.plan) });
    return true;
  }

  /** The finding of the plan that holds. */
  finding(): Finding | undefined {
    return this.#findingOf(this.outcome);
  }

  #run(config: Config, plan: Plan): TrialOutcome | undefined {
    try {
      return this.#trial(config, plan);
    } catch (error) {
      if (error instanceof InputError) return undefined;
      throw error;
    }
  }

  #hasSignature(outcome: TrialOutcome): boolean {
    return this.#findingOf(outcome) !== undefined;
  }

  #findingOf(outcome: TrialOutcome | undefined): Finding | undefined {
    return outcome?.findings.find(({ signature }) => signature === this.#signature);
  }

  #report(): void {
    const { devices, edits, faults, fates } = sizeOf(this.plan);
    this.#hooks.onProgress?.({ tries: this.tries, devices, edits, faults, fates });
  }

  /** 64 bits of each part and its length; parts that candidates share are read once. */
  #fingerprint(config: Config, plan: Plan): string {
    const users = plan.users.map((user) => this.#fingerprintOf(user));
    const parts = [config, plan.devices, plan.preloads, plan.faults, plan.fates, plan.draws];
    return [...parts.map((part) => this.#fingerprintOf(part)), ...users].join(' ');
  }

  #fingerprintOf(part: object): string {
    let fingerprint = this.#fingerprints.get(part);
    if (fingerprint === undefined) {
      const text = JSON.stringify(part);
      fingerprint = `${hashText(text, 1).toString(36)}.${hashText(text, 2).toString(36)}.${text.length}`;
      this.#fingerprints.set(part, fingerprint);
    }
    return fingerprint;
  }
}
