// A baseline's file: the same text for the same baseline, read back whole, refused with the place that is wrong.
import { describe, expect, it } from 'vitest';
import { baselineName, baselineText, parseBaseline } from '../../../scenarios/baseline/baseline-file.ts';
import { InputError } from '../../../sim/errors.ts';
import { aBaseline } from './a-baseline.ts';

const text = baselineText(aBaseline());

function refusal(change: (raw: Record<string, unknown>) => void): string {
  const raw = JSON.parse(text) as Record<string, unknown>;
  change(raw);
  try {
    parseBaseline('a.json', JSON.stringify(raw));
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return 'taken';
}

describe('the file of a baseline', () => {
  it('is read back as what was written, and written again the same', () => {
    expect(parseBaseline('a.json', text)).toEqual(JSON.parse(text));
    expect(baselineText(parseBaseline('a.json', text))).toBe(text);
  });

  it('holds nothing of the machine or the day', () => {
    for (const word of ['wallMs', 'runtime', 'lockHash', '"node"', 'v8']) expect(text).not.toContain(word);
  });

  it('is in one order, whatever the order of what it was made of', () => {
    const { config, ...rest } = aBaseline();
    const turned = Object.fromEntries(Object.entries({ ...rest, config }).toReversed()) as unknown as typeof rest;
    expect(baselineText({ ...turned, config })).toBe(text);
  });

  it('names the place that is wrong', () => {
    expect(refusal((raw) => (raw['formatVersion'] = 2))).toContain('ERR_BASELINE formatVersion');
    expect(refusal((raw) => (raw['extra'] = 1))).toContain('ERR_BASELINE extra');
    expect(refusal((raw) => (raw['traceHash'] = 'x'))).toContain('ERR_BASELINE traceHash');
    expect(refusal((raw) => delete raw['offered'])).toContain('ERR_BASELINE offered');
    expect(refusal((raw) => ((raw['metrics'] as object[])[0] = { name: 'a', type: 'b' }))).toContain('metrics[0].type');
    expect(refusal((raw) => (raw['seed'] = '\u001b[31m'))).toContain('ERR_BASELINE seed');
    for (const other of ['', '{', '[]', 'null', '7'])
      expect(() => parseBaseline('a.json', other)).toThrow('ERR_BASELINE');
  });

  it('takes keys of the configuration that no version knows: they are named as a change', () => {
    expect(refusal((raw) => ((raw['config'] as Record<string, unknown>)['later'] = 1))).toBe('taken');
  });

  it('is named so that no folder is left', () => {
    expect(baselineName('light', 'sync-relay')).toBe('light.sync-relay.json');
    expect(baselineName('../x', '<script>')).toBe('_x._script_.json');
  });
});
