// The committed baselines: all nine are there, are whole, belong to this tree's configuration and workload, and the page
// beside them is made from them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { traceVersions } from '../cli/baseline/library-versions.ts';
import { baselineMarkdown } from '../cli/baseline/markdown.ts';
import { readBaselines } from '../cli/baseline/update.ts';
import { baselineName, baselineText } from '../scenarios/baseline/baseline-file.ts';
import { changesBetween } from '../scenarios/baseline/changes.ts';
import { workloadHash } from '../scenarios/baseline/workload-hash.ts';
import { resolveConfig } from '../scenarios/config.ts';
import { SCENARIOS } from '../scenarios/registry.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'baselines');
const baselines = readBaselines('baselines', root);

describe('the committed baselines', () => {
  it('are all nine, and nothing else', () => {
    const names = ['light', 'medium', 'heavy'].flatMap((profile) =>
      Object.keys(SCENARIOS).map((scenario) => baselineName(profile, scenario)),
    );
    expect(readdirSync(folder).sort()).toEqual([...names, 'BASELINE.md'].sort());
  });

  it.each(baselines.map((baseline) => [`${baseline.profile} ${baseline.scenario}`, baseline] as const))(
    '%s passed, is of seed 1, and of this configuration, workload and engine',
    async (_name, baseline) => {
      const { scenario, profile, verdict, seed, versions, traceHash, protocolHash } = baseline;
      expect({ verdict, seed }).toEqual({ verdict: 'passed', seed: '1' });
      const file = join(folder, baselineName(profile, scenario));
      expect(readFileSync(file, 'utf8')).toBe(baselineText(baseline));
      const config = resolveConfig({ config: { profile, seed } }, SCENARIOS[scenario]!);
      const hash = await workloadHash({ scenario, config: { profile, seed } });
      const now = { config, workloadHash: hash, versions: traceVersions('lww', root), traceHash, protocolHash };
      expect(changesBetween(baseline, now)).toEqual([]);
      expect(versions.tool).toBe(now.versions.tool);
    },
  );

  it('have a page that is made from them, with no value open', () => {
    const page = readFileSync(join(folder, 'BASELINE.md'), 'utf8');
    expect(page).toBe(baselineMarkdown(baselines));
    expect(page).toBe(baselineMarkdown(baselines.toReversed()));
    expect(page).not.toMatch(/TODO|TBD|undefined|NaN|null/);
  });
});
