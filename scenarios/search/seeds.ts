// Which seeds a hunt goes through, from what a person typed: a range, a list, a count, or a commit's hash as a start. It
// must not know what is done with a seed.
import { InputError } from '../../sim/errors.ts';
import { hasControl } from './plain-data.ts';

/** Most seeds of one hunt. */
export const SEEDS_MAX = 10_000_000;

/** Seeds of a hunt that starts from a commit's hash, where nobody says how many. */
const GIT_SEEDS = 500;

/** Longest seed, as the configuration has it. */
const SEED_CHARS_MAX = 200;

const EXPECTED = 'a range (1..500), a list (3,7,11), a count (500) or git:<hash>';

/** Seeds in their order, made when they are asked for. */
export interface Seeds extends Iterable<string> {
  /** How many: 1 to SEEDS_MAX. */
  readonly count: number;
  /** What was asked for, as it is shown again. */
  readonly text: string;
  /** @param index from 0, below `count` */
  at(index: number): string;
  /** Where a seed stands, from 0; −1 where it is none of these. */
  indexOf(seed: string): number;
}

/** One of several parts of a hunt's seeds. */
export interface Shard {
  /** From 1 to `count`. */
  readonly index: number;
  readonly count: number;
}

/** Most parts of one hunt: more than any CI system starts of a matrix. */
export const SHARDS_MAX = 1000;

/** What messages call the two flags. */
export interface SeedsLabels {
  readonly seeds?: string;
  readonly count?: string;
}

/**
 * The seeds that a text names.
 * - `1..500`: whole numbers of any size, both ends with it.
 * - `3,7,11` or `spring,autumn`: seeds of any text; a comma at the end makes a list of one.
 * - `500`: as `1..500`.
 * - `git:1a2b3c4`: `1a2b3c4-0`, `1a2b3c4-1` and so on, `count` of them or 500.
 *
 * @param count how many, for `git:` alone
 * @throws InputError for what is none of these, is empty or runs backward, names a seed twice, or has more than SEEDS_MAX
 */
export function parseSeeds(text: string, count?: number, labels: SeedsLabels = {}): Seeds {
  const field = labels.seeds ?? '--seeds';
  const typed = text.trim();
  const isGit = typed.startsWith('git:');
  if (count !== undefined && !isGit) {
    throw new InputError(labels.count ?? '--count', count, `nothing beside ${field} ${typed}: it is for git:<hash>`);
  }
  if (isGit) return gitSeeds(field, typed, count ?? GIT_SEEDS, labels.count ?? '--count');
  const isRange = typed.includes('..');
  if (isRange && typed.includes(',')) throw new InputError(field, text, 'a range or a list, not both');
  if (isRange) return range(field, typed);
  if (typed.includes(',')) return list(field, typed);
  if (!isWhole(typed)) throw new InputError(field, text, EXPECTED);
  if (typed === '0') throw new InputError(field, text, '1 seed or more');
  checkSize(field, text, BigInt(typed));
  const size = Number(typed);
  return seedsOf(typed, size, (index) => String(index + 1), wholeFrom(1n));
}

/**
 * A shard as it is typed: `2/4`.
 * @throws InputError for what is none
 */
export function parseShard(text: string, field = '--shard'): Shard {
  const parts = /^(\d{1,6})\/(\d{1,6})$/.exec(text.trim());
  const [index, count] = [Number(parts?.[1]), Number(parts?.[2])];
  const isShard = parts !== null && index >= 1 && index <= count;
  if (isShard && count <= SHARDS_MAX) return { index, count };
  throw new InputError(field, text, `a part of at most ${SHARDS_MAX}, from the first on, such as 2/4`);
}

/**
 * The seeds of one shard: those at the positions `index`, `index` + `count` and so on, counted from 1. All shards together
 * have each seed once, and all of about the same number. `text` stays that of the whole.
 * @throws InputError where there are fewer seeds than shards
 */
export function shardOf(seeds: Seeds, { index, count }: Shard, field = '--shard'): Seeds {
  if (seeds.count < count) {
    throw new InputError(field, `${index}/${count}`, `no more parts than there are seeds (${seeds.count})`);
  }
  const size = Math.floor((seeds.count - index) / count) + 1;
  return seedsOf(
    seeds.text,
    size,
    (at) => seeds.at(index - 1 + at * count),
    (seed) => {
      const at = seeds.indexOf(seed) - (index - 1);
      return at >= 0 && at % count === 0 ? at / count : -1;
    },
  );
}

function checkSize(field: string, text: string, size: bigint): void {
  if (size > BigInt(SEEDS_MAX)) throw new InputError(field, text, `at most ${SEEDS_MAX} seeds, not ${size}`);
}

function isWhole(text: string): boolean {
  return /^(?:0|[1-9]\d*)$/.test(text) && text.length <= SEED_CHARS_MAX;
}

function range(field: string, text: string): Seeds {
  const [first, last, ...more] = text.split('..').map((end) => end.trim());
  if (first === undefined || last === undefined || more.length > 0 || !isWhole(first) || !isWhole(last)) {
    throw new InputError(field, text, 'a range of whole numbers from 0, such as 1..500');
  }
  const from = BigInt(first);
  const size = BigInt(last) - from + 1n;
  if (size < 1n) throw new InputError(field, text, `a range that runs forward: ${last}..${first}`);
  checkSize(field, text, size);
  return seedsOf(text, Number(size), (index) => String(from + BigInt(index)), wholeFrom(from));
}

function list(field: string, text: string): Seeds {
  const seeds = text.split(',').map((seed) => seed.trim());
  if (seeds.length > 1 && seeds.at(-1) === '') seeds.pop();
  const seen = new Set<string>();
  for (const seed of seeds) {
    if (seed === '' || seed.length > SEED_CHARS_MAX || hasControl(seed) || seed.startsWith('git:')) {
      throw new InputError(field, seed, `a list of seeds of 1 to ${SEED_CHARS_MAX} characters, such as 3,7,11`);
    }
    if (seen.has(seed)) throw new InputError(field, seed, 'each seed once in a list');
    seen.add(seed);
  }
  checkSize(field, text, BigInt(seeds.length));
  const places = new Map(seeds.map((seed, index) => [seed, index]));
  return seedsOf(
    text,
    seeds.length,
    (index) => seeds[index]!,
    (seed) => places.get(seed) ?? -1,
  );
}

function gitSeeds(field: string, text: string, count: number, countField: string): Seeds {
  const hash = text.slice('git:'.length).toLowerCase();
  if (!/^[0-9a-f]{7,40}$/.test(hash)) {
    throw new InputError(field, text, "git: and a commit's hash of 7 to 40 hexadecimal digits");
  }
  if (!Number.isSafeInteger(count) || count < 1 || count > SEEDS_MAX) {
    throw new InputError(countField, count, `a whole number from 1 to ${SEEDS_MAX}`);
  }
  return seedsOf(
    text,
    count,
    (index) => `${hash}-${index}`,
    (seed) => (seed.startsWith(`${hash}-`) ? wholeFrom(0n)(seed.slice(hash.length + 1)) : -1),
  );
}

/** Where a whole number stands among those from `from` on; −1 for what is none. */
function wholeFrom(from: bigint): (seed: string) => number {
  return (seed) => (isWhole(seed) && BigInt(seed) >= from ? Number(BigInt(seed) - from) : -1);
}

function seedsOf(text: string, count: number, at: (index: number) => string, placeOf: (seed: string) => number): Seeds {
  return {
    text,
    count,
    at,
    indexOf(seed) {
      const place = placeOf(seed);
      return place < count ? place : -1;
    },
    *[Symbol.iterator]() {
      for (let index = 0; index < count; index++) yield at(index);
    },
  };
}
