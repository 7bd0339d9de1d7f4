// Turns what a schema found wrong into one line for a person: the full path, what came, what was expected, and the
// nearest right key. It must not know where layers come from.
import type { z } from 'zod';
import { InputError } from '../sim/errors.ts';
import { nearestName, oneOfNames } from './nearest.ts';

/** How a configuration's keys are named to the person who wrote them. */
export interface Labels {
  /** Every right path, for the nearest one. */
  paths: readonly string[];
  /** What the person typed for a path, where that is not the path itself: `--users` for `users`. */
  typedAs?: Readonly<Record<string, string>> | undefined;
  /** Where the values stand, appended in brackets: a file's name; empty for the command line. */
  where: string;
}

/** The label of a path: what the person typed for it. */
export function labelOf(path: string, typedAs: Labels['typedAs']): string {
  return typedAs !== undefined && Object.hasOwn(typedAs, path) ? typedAs[path]! : path;
}

/** The first thing that a schema found wrong in some values, as an error. */
export function errorOfIssues(error: z.ZodError, values: unknown, labels: Labels, prefix = ''): InputError {
  const issue = error.issues[0]!;
  const path = prefix === '' ? issue.path.map(String) : [prefix, ...issue.path.map(String)];
  const received = valueAt(values, issue.path);
  if (issue.code === 'unrecognized_keys') return unknownKey([...path, issue.keys[0]!], received, labels);
  const field = path.join('.');
  const expected = issue.code === 'invalid_value' ? oneOfNames(received, issue.values.map(String)) : expectation(issue);
  if (field === '') return new InputError(labels.where || 'configuration', received, 'an object of configuration keys');
  return new InputError(labelOf(field, labels.typedAs), received, located(expected, labels));
}

/** An expectation, with the place where the wrong value stands. */
export function located(expected: string, labels: Pick<Labels, 'where'>): string {
  return labels.where === '' ? expected : `${expected} (in ${labels.where})`;
}

function valueAt(values: unknown, path: readonly PropertyKey[]): unknown {
  let value = values;
  for (const key of path) value = isPlainObject(value) || Array.isArray(value) ? Reflect.get(value, key) : undefined;
  return value;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A key that there is none of: followed down while it is the only one, so that the whole path as typed is named. */
function unknownKey(path: string[], parent: unknown, labels: Labels): InputError {
  let value = valueAt(parent, [path.at(-1)!]);
  const full = [...path];
  while (isPlainObject(value) && Object.keys(value).length === 1) {
    const key = Object.keys(value)[0]!;
    full.push(key);
    value = value[key];
  }
  const near = nearestPath(path, full.slice(path.length), labels.paths);
  const group = path.slice(0, -1).join('.');
  const expected =
    near === undefined
      ? `one of ${childrenOf(group, labels.paths).join(', ') || 'no keys at all'}`
      : `a known key (did you mean ${near}?)`;
  return new InputError(full.join('.'), value, located(expected, labels));
}

/** Right paths directly in a group, by their last segment. */
function childrenOf(group: string, paths: readonly string[]): string[] {
  const prefix = group === '' ? '' : `${group}.`;
  return paths.flatMap((path) => {
    const rest = path.slice(prefix.length);
    return path.startsWith(prefix) && !rest.includes('.') ? [rest] : [];
  });
}

/** First among the siblings of the wrong key, then among equal or near last segments anywhere. */
function nearestPath(path: readonly string[], below: readonly string[], paths: readonly string[]): string | undefined {
  const group = path.slice(0, -1);
  const sibling = nearestName(path.at(-1)!, childrenOf(group.join('.'), paths));
  if (sibling !== undefined) {
    const corrected = [...group, sibling];
    if (below.length === 0) return corrected.join('.');
    const deeper = nearestName(below.join('.'), childrenOf(corrected.join('.'), paths));
    return [...corrected, ...(deeper === undefined ? [] : [deeper])].join('.');
  }
  const last = below.at(-1) ?? path.at(-1)!;
  const elsewhere = paths.filter((candidate) => candidate.includes('.'));
  const leaf = nearestName(
    last,
    elsewhere.map((candidate) => candidate.slice(candidate.lastIndexOf('.') + 1)),
  );
  return leaf === undefined ? undefined : elsewhere.find((candidate) => candidate.endsWith(`.${leaf}`));
}

const KINDS: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object of keys',
  record: 'an object of keys',
};

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[issue.expected] ?? issue.expected;
    case 'too_small':
      if (issue.origin === 'string') return 'a text that is not empty';
      return `${issue.inclusive === false ? '>' : '≥'} ${issue.minimum}`;
    case 'too_big':
      if (issue.origin === 'string') return `a text of at most ${issue.maximum} characters`;
      return `${issue.inclusive === false ? '<' : '≤'} ${issue.maximum}`;
    case 'invalid_format':
      return issue.format === 'datetime'
        ? 'a date and time with its zone, such as 2026-01-01T00:00:00Z'
        : issue.message;
    case 'invalid_key':
      return "a metric's name";
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    default:
      return issue.message;
  }
}
