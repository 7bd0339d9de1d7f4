// The search for the largest load that keeps the objectives, as a pure state machine: it says which points are to be run,
// is told what came of them, and goes on. No clock, no simulation, no chance: equal results give an equal search.

/** What a search may do. */
export interface SearchOptions {
  /** Users of the first point. */
  readonly from: number;
  /** Most users that are looked at. */
  readonly most: number;
  /** Relative width at which the answer is narrow enough. */
  readonly width: number;
  /** Seeds of each point of the confirmation; the majority of them decides. */
  readonly seeds: number;
  /** Most loads that the confirmation looks at. */
  readonly confirmationsMax: number;
}

export const SEARCH_OPTIONS: SearchOptions = {
  from: 1,
  most: 50_000,
  width: 0.02,
  seeds: 5,
  confirmationsMax: 40,
};

/** One run: so many users, the how-many-eth seed, over a short window or the long one of the confirmation. */
export interface Probe {
  readonly users: number;
  readonly seed: number;
  readonly isLong: boolean;
}

/** What came of it. */
export interface Judged extends Probe {
  readonly isMet: boolean;
}

export type SearchPhase = 'doubling' | 'bisection' | 'confirmation' | 'done';

/** Where a search stands; plain data. */
export interface SearchState {
  readonly options: SearchOptions;
  readonly phase: SearchPhase;
  /** Most users that met the objectives over the short window, 0 for none; fewest above it that missed them. */
  readonly met: number;
  readonly missed: number | null;
  /** The same over the long window by a majority of seeds. */
  readonly confirmed: number;
  readonly refuted: number | null;
  /** What the confirmation looks at next, and by how many widths it goes on from there. */
  readonly candidate: number;
  readonly stride: number;
  readonly confirmations: number;
  readonly outcome: SearchOutcome | null;
}

/** `found`: the answer, and the fewest users that were refuted; `never`: one user misses; `always`: met up to the bound. */
export type SearchOutcome =
  | { readonly kind: 'found'; readonly users: number; readonly refuted: number }
  | { readonly kind: 'never' }
  | { readonly kind: 'always'; readonly users: number };

/** A search that has not begun. */
export function searchFrom(options: Partial<SearchOptions> = {}): SearchState {
  const whole = { ...SEARCH_OPTIONS, ...options };
  return {
    options: { ...whole, from: Math.max(1, Math.min(whole.from, whole.most)) },
    phase: 'doubling',
    met: 0,
    missed: null,
    confirmed: 0,
    refuted: null,
    candidate: 0,
    stride: 1,
    confirmations: 0,
    outcome: null,
  };
}

/** The points to run next, in a fixed order; none when the search is done. */
export function next(state: SearchState): Probe[] {
  const { phase, options } = state;
  if (phase === 'done') return [];
  if (phase === 'confirmation') {
    return Array.from({ length: options.seeds }, (_, seed) => ({ users: state.candidate, seed, isLong: true }));
  }
  const users = phase === 'doubling' ? doublings(state) : interior(state.met, state.missed!);
  return users.map((each) => ({ users: each, seed: 0, isLong: false }));
}

/** The state after the points that `next` gave were run. The order of results does not matter. */
export function told(state: SearchState, results: readonly Judged[]): SearchState {
  switch (state.phase) {
    case 'done':
      return state;
    case 'confirmation':
      return confirmed(state, results);
    case 'doubling':
    case 'bisection':
      return searched(state, results);
  }
}

/** Twice and four times as many where all was met, half and a quarter where the first was missed. */
function doublings({ met, missed, options }: SearchState): number[] {
  if (met === 0 && missed === null) return [options.from];
  const wanted = missed === null ? [met * 2, met * 4] : [Math.floor(missed / 2), Math.floor(missed / 4)];
  return distinct(wanted.map((users) => Math.max(1, Math.min(options.most, users))));
}

/** Three loads between two, evenly by their ratio: fewer where there are fewer. */
function interior(met: number, missed: number): number[] {
  const ratio = missed / met;
  const parts = [0.25, 0.5, 0.75].map((share) => Math.round(met * Math.exp(Math.log(ratio) * share)));
  const inside = distinct(parts).filter((users) => users > met && users < missed);
  return inside.length > 0 ? inside : [met + 1];
}

function distinct(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

function searched(state: SearchState, results: readonly Judged[]): SearchState {
  const { options } = state;
  let { met, missed } = state;
  const sorted = results.toSorted((a, b) => a.users - b.users);
  // Where a curve is not monotone, the first miss from below is the one that counts.
  for (const { users, isMet } of sorted) {
    if (!isMet) missed = Math.min(missed ?? users, users);
  }
  for (const { users, isMet } of sorted) {
    if (isMet && users > met && (missed === null || users < missed)) met = users;
  }
  const after: SearchState = { ...state, met, missed };
  if (missed === null) return met >= options.most ? confirming(after, met) : after;
  if (met === 0) return missed <= 1 ? confirming(after, 1) : after;
  return isNarrow(met, missed, options.width) ? confirming(after, met) : { ...after, phase: 'bisection' };
}

function confirming(state: SearchState, candidate: number): SearchState {
  return { ...state, phase: 'confirmation', candidate, stride: 1 };
}

function isNarrow(met: number, missed: number, width: number): boolean {
  return missed - met <= 1 || missed / met <= 1 + width;
}

/** Steps up from what holds and back from what does not, further each time, until both are known; then between them. */
function confirmed(state: SearchState, results: readonly Judged[]): SearchState {
  const { options, candidate, stride } = state;
  const isMet = results.filter((each) => each.isMet).length * 2 > results.length;
  const confirmations = state.confirmations + 1;
  const bounds = {
    confirmed: isMet ? Math.max(state.confirmed, candidate) : state.confirmed,
    refuted: isMet ? state.refuted : Math.min(state.refuted ?? candidate, candidate),
  };
  const after: SearchState = { ...state, ...bounds, confirmations };
  const { confirmed: low, refuted: high } = bounds;
  if (high === null) {
    if (low >= options.most) return done(after, { kind: 'always', users: low });
    return stepped(after, Math.min(options.most, Math.max(low + 1, Math.floor(low * grown(options.width, stride)))));
  }
  if (low === 0) {
    if (high <= 1) return done(after, { kind: 'never' });
    return stepped(after, Math.max(1, Math.min(high - 1, Math.floor(high / grown(options.width, stride)))));
  }
  const isEnough = isNarrow(low, high, options.width) || confirmations >= options.confirmationsMax;
  if (isEnough) return done(after, { kind: 'found', users: low, refuted: high });
  const middle = Math.round(Math.sqrt(low * high));
  return { ...after, candidate: Math.max(low + 1, Math.min(high - 1, middle)) };
}

function stepped(state: SearchState, candidate: number): SearchState {
  // Beyond the bound there is always an answer from one side: one step more to its end.
  const { confirmations, options, refuted } = state;
  const isLast = confirmations >= options.confirmationsMax - 1;
  const end = refuted === null ? options.most : 1;
  return { ...state, candidate: isLast ? end : candidate, stride: state.stride * 2 };
}

function grown(width: number, stride: number): number {
  return Math.exp(Math.log1p(width) * stride);
}

function done(state: SearchState, outcome: SearchOutcome): SearchState {
  return { ...state, phase: 'done', outcome };
}

/** What is known of the answer so far, for a search that was stopped: met at `low`, missed at `high`, null where unknown. */
export function knownOf({ confirmed: low, refuted, met, missed }: SearchState): {
  low: number;
  high: number | null;
  isConfirmed: boolean;
} {
  if (low > 0 || refuted !== null) return { low, high: refuted, isConfirmed: true };
  return { low: met, high: missed, isConfirmed: false };
}
