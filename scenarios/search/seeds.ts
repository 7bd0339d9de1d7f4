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
}

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
  return seedsOf(typed, Number(typed), (index) => String(index + 1));
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
  return seedsOf(text, Number(size), (index) => String(from + BigInt(index)));
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
  return seedsOf(text, seeds.length, (index) => seeds[index]!);
}

function gitSeeds(field: string, text: string, count: number, countField: string): Seeds {
  const hash = text.slice('git:'.length).toLowerCase();
  if (!/^[0-9a-f]{7,40}$/.test(hash)) {
    throw new InputError(field, text, "git: and a commit's hash of 7 to 40 hexadecimal digits");
  }
  if (!Number.isSafeInteger(count) || count < 1 || count > SEEDS_MAX) {
    throw new InputError(countField, count, `a whole number from 1 to ${SEEDS_MAX}`);
  }
  return seedsOf(text, count, (index) => `${hash}-${index}`);
}

function seedsOf(text: string, count: number, at: (index: number) => string): Seeds {
  return {
    text,
    count,
    at,
    *[Symbol.iterator]() {
      for (let index = 0; index < count; index++) yield at(index);
    },
  };
}
