// What a hunt proves: how often such storms may still fail, and what was never exercised. It must not know how a hunt
// goes.
import { assert } from '../../sim/errors.ts';
import type { HuntTally } from './hunt.ts';

/** With this probability the share of storms that fail is no higher than stated. */
const CONFIDENCE = 0.95;

/**
 * The upper end of the one-sided interval of Clopper and Pearson (1934) for the share of storms that fail: were it
 * higher, so few failures would have had a probability below 1 − confidence. Without failures it is
 * 1 − (1 − confidence)^(1/seeds), which the rule of three approximates (Hanley and Lippman-Hand 1983).
 *
 * @param failed 0 to `seeds`
 * @param seeds 0 or more; of none nothing is known
 */
export function failingShareMax(failed: number, seeds: number, confidence = CONFIDENCE): number {
  assert(failed >= 0 && failed <= seeds, 'no more seeds fail than there are');
  if (failed === seeds) return 1;
  if (failed === 0) return -expm1(Math.log(1 - confidence) / seeds);
  const choices = logChoices(seeds, failed);
  let low = failed / seeds;
  let high = 1;
  for (let halvings = 0; halvings < HALVINGS; halvings++) {
    const share = (low + high) / 2;
    if (atMost(failed, seeds, share, choices) > 1 - confidence) low = share;
    else high = share;
  }
  return high;
}

/** Enough for a double between 0 and 1. */
const HALVINGS = 60;

/** e^x − 1, exact also where x is near 0: Math.expm1 need not give the same last bit on every version of V8. */
function expm1(x: number): number {
  if (Math.abs(x) > 0.1) return Math.exp(x) - 1;
  let sum = 0;
  let term = 1;
  for (let n = 1; Math.abs(term) > Number.EPSILON * Math.abs(sum); n++) {
    term *= x / n;
    sum += term;
  }
  return sum;
}

/** Logarithm of the number of ways to choose so many of so many. */
function logChoices(of: number, chosen: number): number {
  let log = 0;
  for (let i = 1; i <= chosen; i++) log += Math.log((of - chosen + i) / i);
  return log;
}

/**
 * The probability of no more than so many failures where a share of storms fails that is above failed / seeds: the
 * binomial distribution, summed from its greatest term down.
 */
function atMost(failed: number, seeds: number, share: number, choices: number): number {
  const odds = share / (1 - share);
  let term = Math.exp(choices + failed * Math.log(share) + (seeds - failed) * Math.log(1 - share));
  let sum = 0;
  for (let i = failed; i >= 0 && term > sum * Number.EPSILON; i--) {
    sum += term;
    term *= i / ((seeds - i + 1) * odds);
  }
  return sum;
}

/** A share as a percentage of two digits, rounded up, so that it stays an upper bound: `0.6%`. */
export function percentUp(share: number): string {
  if (share <= 0) return '0%';
  const percent = share * 100;
  let unit = 1;
  while (percent / unit >= 100) unit *= 10;
  let steps = 1;
  while (percent * steps < 10) steps *= 10;
  // What binary fractions add beyond the twelfth digit is no reason to round up.
  const digits = Math.ceil(Number(((percent / unit) * steps).toPrecision(12)));
  return `${(digits * unit) / steps}%`;
}

/** Names with 0, in their order. */
function never(totals: Readonly<Record<string, number>>): string[] {
  return Object.entries(totals).flatMap(([name, times]) => (times === 0 ? [name] : []));
}

/** Whether all seeds ran, in words. @param expected how many there were to run */
export function seedsRan(seeds: number, expected: number): string {
  return seeds === expected ? `all ${seeds} seeds ran` : `${seeds} of ${expected} seeds ran`;
}

/**
 * What a hunt says in the end, a line each: how many failed and what that bounds, whether all seeds ran, seeds that were
 * lost, kinds of faults that were enabled and never fired, marks that were never reached.
 *
 * @param expected how many seeds were to run; left out, nothing is said of it
 */
export function statement(tally: Omit<HuntTally, 'found'>, expected?: number): string[] {
  const { failed, seeds, dead } = tally;
  const bound = percentUp(failingShareMax(failed, seeds));
  const lines =
    seeds === 0
      ? ['no seed ran to its end: nothing is known']
      : [`${failed} of ${seeds}: at most ${bound} of such storms fail, ${CONFIDENCE * 100}%`];
  if (expected !== undefined) lines.push(seedsRan(seeds, expected));
  if (dead.length > 0) lines.push(`seeds that were lost: ${dead.map(({ seed }) => seed).join(', ')}`);
  const faults = never(tally.faults);
  if (faults.length > 0) lines.push(`faults that never fired: ${faults.join(', ')}`);
  const marks = never(tally.marks);
  if (marks.length > 0) lines.push(`never reached: ${marks.join(', ')}`);
  return lines;
}
