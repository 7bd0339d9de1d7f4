// Shrinks what was found: the smallest plan, then the simplest values, with which a run still has the same finding. It
// must not know how a plan is run, nor what time it is.
import type { Plan } from '../../models/plan.ts';
import type { Config } from '../config-schema.ts';
import { numbered, rehomed, withoutDeadRecords, withoutDevices, withoutIdleUsers } from './plan-cuts.ts';
import { type ShrinkHooks, ShrinkSearch, type ShrinkStep } from './shrink-search.ts';
import { CALMER_DEVICES, SIMPLER_TIMES } from './simpler-times.ts';
import { SIMPLER_VALUES } from './simpler-values.ts';
import {
  CALMER_MESSAGES,
  FEWER_ACTIONS,
  FEWER_DEVICES,
  FEWER_FAULTS,
  FEWER_PRELOADED,
  FEWER_STEPS,
} from './smaller-plans.ts';
import type { Trial, TrialOutcome } from './trial-port.ts';

/** What shrinking left. */
export interface Shrunk {
  readonly plan: Plan;
  /** The configuration as it came, but for a duration that may be shorter. */
  readonly config: Config;
  /** What came of the plan in its last run. */
  readonly outcome: TrialOutcome;
  /** False where already the plan as it came has no such finding; then it is given back as it came. */
  readonly isReproduced: boolean;
  /** False where a budget ended the search before everything was tried. */
  readonly isComplete: boolean;
  readonly tries: number;
  /** What made the plan smaller or simpler, in the order in which it was done. */
  readonly steps: readonly ShrinkStep[];
}

/** What makes a plan smaller, the big cuts first. */
const SMALLER: readonly ((search: ShrinkSearch) => boolean)[] = [
  onlyLedgersOfFinding,
  calmMessages,
  (search) => search.simplify(FEWER_DEVICES),
  ...CALMER_DEVICES.map((way) => (search: ShrinkSearch) => search.simplify(way)),
  (search) => search.simplify(FEWER_ACTIONS),
  (search) => search.simplify(FEWER_FAULTS),
  tidy,
  devicesThatOnlyMakeOthersEdit,
  (search) => search.simplify(FEWER_STEPS),
  ...CALMER_MESSAGES.map((way) => (search: ShrinkSearch) => search.simplify(way)),
  (search) => search.simplify(FEWER_PRELOADED),
];

const SIMPLER: readonly ((search: ShrinkSearch) => boolean)[] = [
  ...[...SIMPLER_VALUES, ...SIMPLER_TIMES].map((way) => (search: ShrinkSearch) => search.simplify(way)),
  shorterRun,
];

/**
 * The smallest plan that was found whose run has a finding of the signature: without any one of its devices, actions,
 * steps, faults or fates it has none, if the search is complete. The tries and their order depend on what is given
 * alone, and no plan is run twice.
 * @param plan one whose run has a finding of the signature
 */
export function shrink(config: Config, plan: Plan, signature: string, trial: Trial, hooks: ShrinkHooks = {}): Shrunk {
  const search = new ShrinkSearch(config, numbered(plan), signature, trial, hooks);
  const isReproduced = search.begin();
  if (isReproduced) {
    do {
      while (all(search, SMALLER));
    } while (all(search, SIMPLER));
  }
  return {
    plan: isReproduced ? search.plan : plan,
    config: search.config,
    outcome: search.outcome!,
    isReproduced,
    isComplete: !search.isCutShort,
    tries: search.tries,
    steps: search.steps,
  };

  /** Goes through all ways. @returns whether any of them got anywhere */
  function all(within: ShrinkSearch, ways: typeof SMALLER): boolean {
    let isChanged = false;
    for (const way of ways) if (way(within)) isChanged = true;
    return isChanged;
  }
}

/** Devices of the ledgers alone that the finding is about. */
function onlyLedgersOfFinding(search: ShrinkSearch): boolean {
  const { plan } = search;
  const finding = search.finding();
  const about = new Set(finding?.devices);
  const ledgers = new Set(plan.devices.flatMap(({ index, ledger }) => (about.has(index) ? [ledger] : [])));
  if (ledgers.size === 0) return false;
  const others = plan.devices.flatMap(({ index, ledger }) => (ledgers.has(ledger) ? [] : [index]));
  return search.step('only the ledgers of the finding', () => search.try(withoutDevices(plan, new Set(others))));
}

/** No recorded fates and draws at all, or one of the two. */
function calmMessages(search: ShrinkSearch): boolean {
  return search.step('nothing out of the ordinary for any message', () => {
    const { plan } = search;
    if (search.try({ ...plan, fates: [], draws: [] })) return;
    if (!search.try({ ...plan, draws: [] })) search.try({ ...plan, fates: [] });
  });
}

/** Without users that do nothing, and records of messages that are no more. */
function tidy(search: ShrinkSearch): boolean {
  return search.step('nothing that is left over', () => {
    search.try(withoutIdleUsers(search.plan));
    search.try(withoutDeadRecords(search.plan));
  });
}

/** Without devices whose users are there only to make others edit: these do it by themselves. */
function devicesThatOnlyMakeOthersEdit(search: ShrinkSearch): boolean {
  return search.step('fewer devices, their edits of others at home', () => {
    for (const { index } of search.plan.devices.toReversed()) search.try(rehomed(search.plan, index));
  });
}

/** A run that ends at the whole second after the last thing that it does. */
function shorterRun(search: ShrinkSearch): boolean {
  const { plan, config } = search;
  let lastUs = 0;
  for (const { stopUs, endUs } of plan.users) lastUs = Math.max(lastUs, stopUs, endUs);
  for (const { atUs, lengthUs } of plan.faults) lastUs = Math.max(lastUs, atUs + lengthUs);
  const durationMs = Math.max(1, Math.ceil(lastUs / 1_000_000)) * 1000;
  if (durationMs >= config.durationMs) return false;
  const shorter = { ...config, durationMs, rampUpMs: 0, rampDownMs: 0 };
  return search.step('a shorter run', () => search.try(plan, shorter));
}
