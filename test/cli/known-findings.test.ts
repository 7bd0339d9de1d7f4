// Accepted findings: what a file of them may hold, and what a finding is in its light.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBaseReplay, readKnown, standingOf } from '../../cli/known-findings.ts';
import { emptyFolder } from './found.ts';

const entry = { signature: 'convergence:fields', reason: 'is worked on', expires: '2027-01-31' };

function known(...entries: object[]) {
  return readFrom(JSON.stringify({ known: entries }));
}

function readFrom(text: string) {
  const folder = emptyFolder();
  writeFileSync(join(folder, 'known.json'), text);
  return readKnown('--known', 'known.json', folder);
}

describe('a file of accepted findings', () => {
  it('is read with all that it may hold', () => {
    const whole = { ...entry, scenario: 'crdt-conflicts', issue: 'https://example.org/1' };
    expect(known(whole)).toEqual([whole]);
    expect(readFrom('\uFEFF{"known": []}')).toEqual([]);
  });

  it.each([
    [{ ...entry, expires: '2027-02-29' }, 'ERR_KNOWN known[0].expires: got "2027-02-29", expected the last day'],
    [{ ...entry, expires: '2027-1-3' }, 'ERR_KNOWN known[0].expires: got "2027-1-3", expected the last day'],
    [{ ...entry, expires: undefined }, 'ERR_KNOWN known[0].expires: got nothing, expected a text (in known.json)'],
    [{ ...entry, reason: '' }, 'ERR_KNOWN known[0].reason: got "", expected a text that is not empty (in known.json)'],
    [{ ...entry, reason: 'a\n::error::b' }, 'expected a text of one line, without control characters (in known.json)'],
    [{ ...entry, issue: 'javascript:alert(1)' }, 'ERR_KNOWN known[0].issue: got "javascript:alert(1)"'],
    [{ ...entry, until: 'x' }, 'ERR_KNOWN known[0].until: got "x", expected no such key (in known.json)'],
  ])('refuses %j', (wrong, line) => {
    expect(() => known(wrong)).toThrow(line);
  });

  it('refuses a signature twice, unless each is for a scenario of its own', () => {
    const twice = 'ERR_KNOWN known[1].signature: got "convergence:fields", expected each signature once';
    expect(() => known(entry, entry)).toThrow(twice);
    expect(() => known({ ...entry, scenario: 'one' }, entry)).toThrow(twice);
    expect(known({ ...entry, scenario: 'one' }, { ...entry, scenario: 'two' })).toHaveLength(2);
  });

  it('refuses what is no file of JSON, and one that is too large', () => {
    expect(() => readFrom('{"known"')).toThrow('ERR_KNOWN --known: got "known.json", expected a file of JSON');
    expect(() => readFrom('[]')).toThrow(/^ERR_KNOWN known\.json: got a list of 0, expected an object/);
    expect(() => readFrom(' '.repeat(1024 * 1024 + 1))).toThrow('expected a file of at most 1048576 bytes');
    expect(() => readKnown('--known', 'none.json', emptyFolder())).toThrow(
      'ERR_FILE --known: got "none.json", expected a file that exists',
    );
  });
});

describe('what a finding is', () => {
  const today = '2027-01-31';
  const list = [{ ...entry, scenario: 'crdt-conflicts' }];

  it('is known until its last day is over, in its scenario alone', () => {
    const standing = (scenario: string, day: string) =>
      standingOf(entry.signature, scenario, { known: list, today: day }).standing;
    expect(standing('crdt-conflicts', today)).toBe('known');
    expect(standing('crdt-conflicts', '2027-02-01')).toBe('expired');
    expect(standing('sync-relay', today)).toBe('new');
    expect(standingOf('another', 'crdt-conflicts', { known: list, today }).standing).toBe('new');
    expect(standingOf(entry.signature, 'any', { known: [entry], today })).toEqual({
      standing: 'known',
      reason: 'known until 2027-01-31: is worked on',
    });
  });

  it('is on the base where that shows it too, also when it is accepted no longer', () => {
    const onBase = new Set([entry.signature]);
    expect(standingOf(entry.signature, 'any', { onBase, today })).toEqual({
      standing: 'on-base',
      reason: 'the base shows it too',
    });
    const late = { known: [entry], onBase, today: '2030-01-01' };
    expect(standingOf(entry.signature, 'any', late).standing).toBe('on-base');
    expect(standingOf(entry.signature, 'any', { ...late, today }).standing).toBe('known');
  });
});

it('a replay on the base gives the signatures that it showed', () => {
  const folder = emptyFolder();
  const files = [
    { file: 'a', verdict: 'reproduced', signature: 'one', exitCode: 1 },
    { file: 'b', verdict: 'gone', signature: 'two', exitCode: 0 },
    { file: 'c', verdict: 'refused', exitCode: 2 },
    { file: 'd', verdict: 'other', signature: 'four', exitCode: 1 },
    { file: 'e', verdict: 'not-exercised', signature: 'five', exitCode: 6 },
  ];
  writeFileSync(join(folder, 'base.json'), JSON.stringify({ schemaVersion: 1, files, exitCode: 1 }));
  writeFileSync(join(folder, 'run.json'), JSON.stringify({ schemaVersion: 1, findings: [] }));
  expect([...readBaseReplay('--base-replay', 'base.json', folder)]).toEqual(['one', 'four']);
  expect(() => readBaseReplay('--base-replay', 'run.json', folder)).toThrow(
    'ERR_RESULT files: got nothing, expected a list (in run.json); --base-replay takes what squall replay --json writes',
  );
});
