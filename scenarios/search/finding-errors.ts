// What is wrong with a finding's file, in one line for a person: where, what stands there, what was expected. It must
// not know what a finding is.
import type { z } from 'zod';
import { InputError } from '../../sim/errors.ts';
import { oneOfNames } from '../nearest.ts';
import { hasControl, visibleText } from './plain-data.ts';
import type { Mismatch } from './plan-references.ts';

/** Longest key that a message names whole. */
const KEY_CHARS = 60;

/**
 * @param name of the file
 * @param mismatch its place is empty where it is the file itself
 */
export function findingError(name: string, { place, received, expected }: Mismatch): InputError {
  const shown = typeof received === 'string' ? visibleText(received) : received;
  const field = place === '' ? name : place;
  return new InputError(field, shown, place === '' ? expected : `${expected} (in ${name})`, 'ERR_FINDING');
}

/** What a schema found wrong first. */
export function errorOfIssue(name: string, issue: z.core.$ZodIssue, raw: unknown): InputError {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const received = valueAt(raw, [...path, key]);
    return findingError(name, { place: placeOf([...path, key]), received, expected: 'no such key' });
  }
  const received = valueAt(raw, path);
  return findingError(name, { place: placeOf(path), received, expected: expectation(issue, received) });
}

function placeOf(path: readonly PropertyKey[]): string {
  let place = '';
  for (const key of path) {
    if (typeof key === 'number') place += `[${key}]`;
    else place += (place === '' ? '' : '.') + keyText(String(key));
  }
  return place;
}

function keyText(key: string): string {
  if (/^[\w-]+$/.test(key) && key.length <= KEY_CHARS) return key;
  return JSON.stringify(visibleText(key.length > KEY_CHARS ? `${key.slice(0, KEY_CHARS)}…` : key));
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}

const KINDS: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
};

function expectation(issue: z.core.$ZodIssue, received: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return oneOfNames(received, issue.values.map(String));
    case 'invalid_union': {
      // Of a form that is told by one key: what that may be.
      const options = 'options' in issue ? (issue.options as readonly unknown[] | undefined) : undefined;
      return options === undefined ? issue.message : oneOfNames(received, options.map(String));
    }
    case 'too_small':
      return bound(issue.inclusive === false ? '>' : '≥', issue.minimum, issue.origin);
    case 'too_big':
      return bound(issue.inclusive === false ? '<' : '≤', issue.maximum, issue.origin);
    default:
      return issue.message;
  }
}

function bound(sign: string, limit: number | bigint, origin: string): string {
  if (origin === 'string') return limit === 1 ? 'a text that is not empty' : `a text of ${sign} ${limit} characters`;
  if (origin === 'array' || origin === 'tuple') return `a list of ${sign} ${limit}`;
  return `a number ${sign} ${limit}`;
}

/** Parts of a finding whose texts may have several lines. */
const WITH_LINES: ReadonlySet<string> = new Set(['plan', 'finding', 'views']);

/**
 * The first text or key in parsed JSON that no finding file may have: one with control characters, or a key that means
 * something to JavaScript. Goes as deep as the value does.
 */
export function firstUnfit(file: object): Mismatch | undefined {
  for (const [key, value] of Object.entries(file)) {
    const unfit = unfitIn(value, [key], WITH_LINES.has(key)) ?? unfitKey(key, []);
    if (unfit !== undefined) return unfit;
  }
  return undefined;
}

function unfitIn(value: unknown, path: PropertyKey[], mayHaveLines: boolean): Mismatch | undefined {
  if (typeof value === 'string') {
    if (!hasControl(value, mayHaveLines)) return undefined;
    return { place: placeOf(path), received: value, expected: 'a text without control characters' };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const isList = Array.isArray(value);
  for (const [key, item] of isList ? value.entries() : Object.entries(value)) {
    // Most of a large file are numbers.
    if (typeof item === 'number') continue;
    path.push(key);
    const unfit = unfitIn(item, path, mayHaveLines);
    path.pop();
    if (unfit !== undefined) return unfit;
  }
  if (!isList) {
    for (const key of Object.keys(value)) {
      const unfit = unfitKey(key, path);
      if (unfit !== undefined) return unfit;
    }
  }
  return undefined;
}

function unfitKey(key: string, path: readonly PropertyKey[]): Mismatch | undefined {
  if (key !== '__proto__' && !hasControl(key)) return undefined;
  const expected = key === '__proto__' ? 'no such key' : 'a key without control characters';
  return { place: placeOf([...path, key]), received: key, expected };
}
