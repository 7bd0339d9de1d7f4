import type { Finding } from '../../models/finding.ts';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { exitCodeOf, type Facts, verdictOf, verdictsOf, winningExitCode } from '../../scenarios/result.ts';
import { TOOL } from '../../scenarios/version.ts';

const finding = (kind: Finding['kind']): Finding => ({
  oracle: 'convergence',
  kind,
  signature: 's',
  atUs: 0,
  event: 0,
  devices: [],
  documents: [],
  detail: {},
});
const crossed = { metric: 'requests', expression: 'p(95)<1', value: 2, ok: false };

const cases: [name: string, facts: Facts, code: number][] = [
  ['nothing wrong', { findings: [], thresholds: [{ ...crossed, ok: true }] }, 0],
  ['a threshold', { findings: [], thresholds: [crossed] }, 99],
  ['liveness and a threshold', { findings: [finding('liveness')], thresholds: [crossed] }, 4],
  ['safety and liveness', { findings: [finding('liveness'), finding('safety')], thresholds: [] }, 1],
  [
    'interrupted with a safety finding',
    { findings: [finding('safety')], thresholds: [crossed], interrupted: true },
    130,
  ],
  [
    'everything',
    { findings: [finding('safety')], thresholds: [crossed], interrupted: true, nondeterministic: true },
    3,
  ],
];

it.each(cases)('%s exits with the code that wins', (_name, facts, code) => {
  expect(exitCodeOf({ ...facts, verdict: verdictOf(facts) })).toBe(code);
});

it('all that holds is listed, the winner first', () => {
  expect(verdictsOf(cases[5]![1])).toEqual(['nondeterministic', 'interrupted', 'safety', 'threshold']);
  expect(verdictsOf(cases[0]![1])).toEqual(['passed']);
});

it('codes win in the order of the design', () => {
  const order = [2, 3, 130, 5, 1, 4, 6, 98, 97, 99];
  for (const [index, code] of order.entries()) expect(winningExitCode([...order.slice(index).reverse(), 0])).toBe(code);
  expect(winningExitCode([])).toBe(0);
});

it('the version in results is that of the package', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as typeof TOOL;
  expect(TOOL).toEqual({ name: manifest.name, version: manifest.version });
});
