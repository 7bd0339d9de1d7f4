// A scenario made of recorded arrivals: each user of the record has one ledger and one device, and asks for what was asked
// for, when it was. It must not know how arrivals are read.
import { z } from 'zod';
import { InputError } from '../../sim/errors.ts';
import { keyedUint32, keyedUnit, type StreamKey } from '../../sim/random.ts';
import type { ScenarioDefinition } from '../scenario.ts';
import { type Arrivals, PUSH } from './arrivals.ts';
import { addTimedUser, type Timed } from './timed-user.ts';

/** Shorter records are run for so long, ms. */
const DURATION_MS_MIN = 1000;
/** A copy of a user is shifted by no more than this, so that a day stays a day, ms. */
const SHIFT_MS_MAX = 60_000;
const SCALE_MAX = 10_000;
const BATCH_MIN = 10;

/** What a copy's keyed draws are for. */
const FOR_SHIFT = 0;
const FOR_SHARE = 1;

/**
 * The number that a scale is written as.
 * @throws InputError naming the field, for what is none or out of range
 */
export function scaleOf(field: string, text: string): number {
  const scale = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (scale > 0 && scale <= SCALE_MAX) return scale;
  throw new InputError(field, text, `a number > 0 and ≤ ${SCALE_MAX}, such as 3 or 0.5`);
}

/**
 * A scenario in which each user of a record does what was recorded. A run with more users has copies of them, each shifted
 * by up to the mean time between two requests of the user (at most a minute; what passes the end comes at the beginning);
 * the last copy, or the only one, has only a share of the users, drawn by the run's seed. `users` decides, and its default
 * is what `scale` makes of the record's.
 *
 * @param scale so many times as many users, > 0
 * @param base the scenario whose thresholds hold; left out, there are none
 * @throws InputError for a scale that is none, or leaves nobody
 */
export function arrivalsScenario(arrivals: Arrivals, scale = 1, base?: ScenarioDefinition): ScenarioDefinition {
  scaleOf('scale', String(scale));
  const { origin } = arrivals;
  const users = Math.max(1, Math.round(origin.users * scale));
  const durationMs = Math.max(DURATION_MS_MIN, Math.ceil(origin.spanMs) + 1);
  let batchSize = BATCH_MIN;
  for (const changes of arrivals.changes) if (changes > batchSize) batchSize = changes;
  return {
    name: base === undefined ? 'arrivals' : `${base.name}-arrivals`,
    title: 'requests as they were recorded',
    workload: z.strictObject({}),
    devicesPerUser: 1,
    arrivals: origin,
    defaults: (profile) => ({
      users,
      durationMs,
      rampUpMs: 0,
      rampDownMs: 0,
      client: { batchSize },
      thresholds: base?.defaults?.(profile).thresholds ?? {},
    }),
    turn: () => ({ requests: arrivals.atMs.length / origin.users, msMean: durationMs }),
    build(world) {
      const key = world.key('arrivals');
      const sources = sourcesOf(world.config.users, origin.users, key);
      for (let user = 0; user < sources.length; user++) {
        const source = sources[user]!;
        const copy = Math.floor(user / origin.users);
        addTimedUser(
          world,
          user,
          world.device(world.ledger(1), world.config.durationMs),
          timesOf(arrivals, source, copy, key),
        );
      }
    },
  };
}

/** Whom of the record each user is a copy of: all of them in turn, of the last copy those that a draw puts first. */
function sourcesOf(users: number, recorded: number, key: StreamKey): Int32Array {
  const whole = Math.floor(users / recorded);
  const sources = new Int32Array(users).map((_, user) => user % recorded);
  const rank = (source: number): number => keyedUint32(key, source, whole, FOR_SHARE, 0);
  const drawn = Array.from({ length: recorded }, (_, source) => [rank(source), source] as const);
  drawn.sort(([one, first], [other, second]) => one - other || first - second);
  const chosen = drawn.slice(0, users - whole * recorded).map(([, source]) => source);
  chosen.sort((one, other) => one - other);
  sources.set(chosen, whole * recorded);
  return sources;
}

/** What a user did, in order, after the shift of the copy; the first copy has none. */
function* timesOf(arrivals: Arrivals, source: number, copy: number, key: StreamKey): Generator<Timed, void> {
  const { atMs, begins, origin } = arrivals;
  const begin = begins[source]!;
  const end = begins[source + 1]!;
  const mostMs = Math.min(origin.spanMs / (end - begin), SHIFT_MS_MAX);
  const shiftMs = copy === 0 ? 0 : keyedUnit(key, source, copy, FOR_SHIFT, 0) * mostMs;
  let wrapped = end;
  while (wrapped > begin && atMs[wrapped - 1]! + shiftMs > origin.spanMs) wrapped--;
  for (let at = wrapped; at < end; at++) yield timed(arrivals, at, shiftMs - origin.spanMs);
  for (let at = begin; at < wrapped; at++) yield timed(arrivals, at, shiftMs);
}

function timed({ atMs, operation, changes }: Arrivals, at: number, shiftMs: number): Timed {
  const atUs = Math.max(0, Math.round((atMs[at]! + shiftMs) * 1000));
  return { atUs, changes: operation[at] === PUSH ? changes[at]! : 0 };
}
