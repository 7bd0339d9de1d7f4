// The closing line of a test run never looks better than the run.
import { describe, expect, test } from 'vitest';
import { closingLine } from './reporter.ts';

type Module = Parameters<typeof closingLine>[0][number];

/** A test file with tests in the given states; not ok where one failed, or where it broke outside its tests. */
function module(states: readonly string[], brokeOutside = false): Module {
  const tests = states.map((state) => ({ result: () => ({ state }) }));
  const ok = !brokeOutside && !states.includes('failed');
  return { children: { allTests: () => tests.values() }, ok: () => ok } as unknown as Module;
}

describe('the closing line', () => {
  test('counts tests over all files', () => {
    expect(closingLine([module(['passed', 'passed']), module(['passed'])], 0, 'passed')).toBe('3 passed, 0 failed');
  });

  test('names skipped tests where there are some', () => {
    expect(closingLine([module(['passed', 'skipped'])], 0, 'passed')).toBe('1 passed, 0 failed, 1 skipped');
  });

  test('counts each failed test once', () => {
    expect(closingLine([module(['passed', 'failed', 'failed'])], 0, 'failed')).toBe('1 passed, 2 failed');
  });

  test('a test that never finished is a failed one', () => {
    expect(closingLine([module(['passed', 'pending'])], 0, 'interrupted')).toBe('1 passed, 1 failed');
  });

  test('a file that breaks outside its tests is a failed one', () => {
    expect(closingLine([module([], true), module(['passed'])], 0, 'failed')).toBe('1 passed, 1 failed');
  });

  test('an error that belongs to no test is a failed one', () => {
    expect(closingLine([module(['passed'])], 1, 'failed')).toBe('1 passed, 1 failed');
  });

  test('a run that found no test, or failed for a reason of its own, is no clean one', () => {
    expect(closingLine([], 0, 'passed')).toBe('0 passed, 1 failed');
    expect(closingLine([module(['passed'])], 0, 'failed')).toBe('1 passed, 1 failed');
  });
});
