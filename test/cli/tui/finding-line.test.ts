// Findings in one line: of every oracle one that a run can have, and what documents hold cannot break the line.

import { expect, test } from 'vitest';
import { findingLine } from '../../../cli/tui/finding-line.ts';
import type { Finding } from '../../../models/finding.ts';

function finding(signature: string, detail: Finding['detail'], devices: readonly number[] = [0, 1, 2]): Finding {
  const [oracle = ''] = signature.split(':');
  return { oracle, kind: 'safety', signature, atUs: 1, event: 1, devices, documents: ['ledger-0'], detail };
}

test('says what is wrong, where, and what is shown there', () => {
  const detail = { groups: [[0, 1, 2], [3], [4, 6]], place: 'account-1/name', 'device 0': 'b', 'device 3': 'absent' };
  expect(findingLine(finding('convergence:fields', detail, [0, 1, 2, 3, 4, 6]))).toBe(
    "devices show different things at account-1/name (devices 0–2: 'b'; device 3: absent; devices 4, 6: absent)",
  );
  expect(findingLine(finding('intent:count', { place: 'account-1/visits', expected: 9, found: 7 }))).toBe(
    'an accepted edit has not the effect that it must have at account-1/visits (expected: 9; devices 0–2: 7)',
  );
});

test('tells what is counted in a clause, and of one device whose it is', () => {
  const late = { budgetMs: 300_000, changesUnsent: 7, changesNotPulled: 52 };
  expect(findingLine(finding('liveness:outbox+pull', late))).toBe(
    'not all was pushed and pulled in time: after 300s 7 changes were not pushed and 52 not pulled',
  );
  expect(findingLine(finding('cursor:went-back', { last: 25, from: 24 }, [3]))).toBe(
    'a device’s place in the log is wrong for device 3: it had come to position 25, and went on from 24',
  );
  const first = { author: 1, sequence: 4, editedAtUs: 3_000_000 };
  expect(findingLine(finding('durability:lost', { lost: 3, first }))).toBe(
    'accepted changes are lost: 3 changes that a device was told is accepted is not in the log',
  );
  expect(findingLine(finding('durability:doubled', { first }))).toMatch(/^a change was stored twice: /);
});

test('tells where records differ first', () => {
  const detail = { device: 0, part: 'fields', live: { a: 1, b: 2 }, rebuilt: { a: 1, b: 3 } };
  expect(findingLine(finding('reload:fields', detail, [0]))).toBe(
    'a document is another one when it is loaded from its storage (b device 0, the running document: 2; ' +
      'device 0, loaded from its storage: 3)',
  );
});

test('of an oracle that it does not know says the signature', () => {
  expect(findingLine(finding('foresight:none', {}, []))).toBe('foresight:none');
});

test('is one short line, whatever documents hold', () => {
  const long = 'x'.repeat(100_000);
  const detail = { groups: [[0], [1]], place: `a\u001b[31m\n${long}`, 'device 0': long, 'device 1': 'c\u202ed' };
  const line = findingLine(finding('convergence:fields', detail, [0, 1]));
  expect(line.startsWith('devices show different things at a\\u{1b}[31m\\nxxx')).toBe(true);
  expect(Array.from(line).length).toBe(240);
  const values = findingLine(finding('convergence:fields', { ...detail, place: 'a/b' }, [0, 1]));
  expect(values).toBe(`devices show different things at a/b (device 0: '${'x'.repeat(58)}…; device 1: 'c\\u{202e}d')`);
});
