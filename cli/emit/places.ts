// What an oracle expects at one place of a view, as source code: an expression of what is there, and what it must be.
// The code calls `shown(replica, …path)`. It must not know replicas.
import type { Edit } from '../../models/documents/edit.ts';
import type { Finding } from '../../models/finding.ts';
import { literal } from './literals.ts';

/** Two expressions that must come to the same. */
export interface Expectation {
  readonly actual: string;
  readonly expected: string;
  /** An expression that `before` stands for, taken before the edit. */
  readonly before?: string;
}

/** What the intent and causality oracles expect; undefined where a finding does not say it in a known form. */
export function expectedAt(replica: string, { signature, detail }: Finding): Expectation | undefined {
  const { place, expected } = detail;
  if (typeof place !== 'string') return undefined;
  const what = signature.slice(signature.indexOf(':') + 1);
  const { entity, part, rest } = placeParts(place);
  switch (what) {
    case 'lost-set':
    case 'invented-value':
    case 'set':
      return Array.isArray(expected) ? valueOf(shown(replica, entity, 'fields', part), expected) : undefined;
    case 'lost-tag':
    case 'resurrected-tag':
      return { actual: `${listAt(replica, entity, 'tags')}.includes(${literal(rest)})`, expected: presence(expected) };
    case 'count':
      return { actual: `(${shown(replica, entity, 'counters', part)} ?? 0)`, expected: literal(expected) };
    case 'doubled-item':
    case 'resurrected-item':
    case 'lost-item':
      return { actual: timesOf(replica, entity, 'items', rest), expected: expected === 'absent' ? '0' : '1' };
    case 'doubled-text':
    case 'resurrected-text':
    case 'lost-text':
      return typeof expected === 'string' ? characterAt(replica, entity, expected) : undefined;
    default:
      if (place.includes('/')) return undefined;
      return { actual: `(${shown(replica, entity)} !== undefined)`, expected: presence(expected) };
  }
}

/** What an edit's author must see at once. @param place what the edit's outcome said */
export function effectOf(replica: string, edit: Edit, place: string): Expectation {
  const { entity } = edit;
  const memo = `(${shown(replica, entity, 'memo')} ?? '')`;
  const item = placeParts(place).rest;
  switch (edit.kind) {
    case 'set':
      return { actual: shown(replica, entity, 'fields', edit.field), expected: literal(edit.value) };
    case 'remove':
      return { actual: `(${shown(replica, entity)} === undefined)`, expected: 'true' };
    case 'restore':
      return { actual: `(${shown(replica, entity)} !== undefined)`, expected: 'true' };
    case 'tag-add':
    case 'tag-remove':
      return { actual: timesOf(replica, entity, 'tags', edit.tag), expected: edit.kind === 'tag-add' ? '1' : '0' };
    case 'count': {
      const total = `(${shown(replica, entity, 'counters', edit.field)} ?? 0)`;
      return { actual: total, expected: `before + ${literal(edit.by)}`, before: total };
    }
    case 'text-insert':
      return { actual: `${memo}.includes(${literal(edit.text)})`, expected: 'true' };
    case 'text-delete':
      return { actual: `${memo}.length < before`, expected: 'true', before: `${memo}.length` };
    case 'list-insert':
      return { actual: timesOf(replica, entity, 'items', edit.value), expected: '1' };
    case 'list-move':
      return { actual: timesOf(replica, entity, 'items', item), expected: '1' };
    case 'list-delete':
      return { actual: timesOf(replica, entity, 'items', item), expected: '0' };
  }
}

function placeParts(place: string): { entity: string; part: string; rest: string } {
  const [entity = '', part = '', ...rest] = place.split('/');
  return { entity, part, rest: rest.join('/') };
}

function shown(replica: string, ...path: string[]): string {
  return `shown(${[replica, ...path.map(literal)].join(', ')})`;
}

function listAt(replica: string, entity: string, part: string): string {
  return `(${shown(replica, entity, part)} ?? [])`;
}

function timesOf(replica: string, entity: string, part: string, value: string): string {
  return `${listAt(replica, entity, part)}.filter((each) => each === ${literal(value)}).length`;
}

function presence(expected: unknown): string {
  return literal(expected === 'present');
}

function valueOf(actual: string, values: readonly unknown[]): Expectation {
  if (values.length === 1) return { actual, expected: literal(values[0]) };
  return { actual: `${literal(values)}.includes(${actual})`, expected: 'true' };
}

/** Of `'c' once`, `no 'c'` and `'c'`. */
function characterAt(replica: string, entity: string, expected: string): Expectation | undefined {
  const character = /'([^]*)'/.exec(expected)?.[1];
  if (character === undefined) return undefined;
  const memo = `(${shown(replica, entity, 'memo')} ?? '')`;
  if (expected.endsWith('once')) return { actual: `${memo}.split(${literal(character)}).length - 1`, expected: '1' };
  return { actual: `${memo}.includes(${literal(character)})`, expected: literal(!expected.startsWith('no ')) };
}
