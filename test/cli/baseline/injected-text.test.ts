// Names from elsewhere come out harmless in what a check prints and in BASELINE.md.
import { expect, it } from 'vitest';
import { baselineMarkdown } from '../../../cli/baseline/markdown.ts';
import { comparisonText } from '../../../cli/baseline/text.ts';
import { painter } from '../../../cli/report/format.ts';
import { compareWithBaseline } from '../../../scenarios/baseline/compare.ts';
import { aBaseline, aRun } from '../../scenarios/baseline/a-baseline.ts';

const HOSTILE = '<script>alert(1)</script> \u001b[31m | `x` "\'\n::error::]]> ](http://evil)';

it('a hostile scenario, profile, seed and configuration stay text', () => {
  const run = aRun({
    scenario: HOSTILE,
    profile: HOSTILE,
    traceHash: 'ffffffffffffffff',
    config: { [HOSTILE]: HOSTILE },
  });
  const baseline = { ...aBaseline(), scenario: HOSTILE, profile: HOSTILE, seed: HOSTILE };
  const text = comparisonText(compareWithBaseline(baseline, run, HOSTILE), HOSTILE, painter(false));
  expect(text).not.toContain('\u001b');
  expect(text).not.toMatch(/^::error::/m);
  const page = baselineMarkdown([baseline]);
  expect(page).not.toContain('<script>');
  expect(page).not.toContain('\u001b');
  expect(page).not.toMatch(/^\s*::error::/m);
  const rows = page.split('\n').filter((line) => line.startsWith('| '));
  for (const row of rows) expect(row.endsWith(' |')).toBe(true);
  expect(page.split('\n').filter((line) => line.includes('alert')).length).toBeGreaterThan(0);
});
