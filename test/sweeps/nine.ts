// All nine runs of a scenario and a profile with seed 1, by hand (`npm run sweep:nine`): each must pass, converge, and
// sync-relay must offer a rate within its band. A process each, from the sources. Arguments name profiles; all without.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROFILES } from '../../scenarios/profiles/profiles.ts';
import { SCENARIOS } from '../../scenarios/registry.ts';
import type { Result } from '../../scenarios/result.ts';

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const WITHOUT_STORM = Object.keys(PROFILES).filter((name) => name !== 'storm');

/** One run as a process; undefined where it left no result. */
async function runOf(scenario: string, profile: string, folder: string): Promise<Result | undefined> {
  const file = join(folder, `${profile}_${scenario}.json`);
  const args = ['run', scenario, '--profile', profile, '--seed', '1', '--quiet', '--json', file];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await new Promise((resolve) => child.on('close', resolve));
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Result;
  } catch {
    return undefined;
  }
}

/** What is wrong with a run, in words. */
function complaints({ scenario, verdict, thresholds, findings, offered }: Result): string[] {
  const { band, rate, achieved } = offered;
  const isWithin = (value: number): boolean =>
    band !== null && value >= band.requestsPerSecondMin && value <= band.requestsPerSecondMax;
  return [
    ...(verdict === 'passed' ? [] : [verdict]),
    ...thresholds.flatMap(({ metric, expression, value, ok }) => (ok ? [] : [`${metric} ${expression}: ${value}`])),
    ...findings.map(({ signature }) => signature),
    ...(scenario !== 'sync-relay' || (isWithin(rate) && isWithin(achieved)) ? [] : ['the rate is outside of the band']),
  ];
}

const profiles = process.argv.length > 2 ? process.argv.slice(2) : WITHOUT_STORM;
const unknown = profiles.find((name) => !WITHOUT_STORM.includes(name));
if (unknown !== undefined) throw new Error(`${unknown}: not one of ${WITHOUT_STORM.join(', ')}`);
const folder = mkdtempSync(join(tmpdir(), 'squall-nine-'));
let failed = 0;
try {
  for (const profile of profiles) {
    for (const scenario of Object.keys(SCENARIOS)) {
      const result = await runOf(scenario, profile, folder);
      const wrong = result === undefined ? ['no result'] : complaints(result);
      failed += wrong.length > 0 ? 1 : 0;
      const figures =
        result === undefined
          ? ''
          : `${result.offered.rate.toFixed(0).padStart(5)} offered ${result.offered.achieved.toFixed(0).padStart(5)} achieved` +
            `  ${(result.wallMs / 1000).toFixed(1).padStart(6)} s  ${result.traceHash}`;
      console.log(
        `${wrong.length > 0 ? '✗' : '✓'} ${profile.padEnd(6)} ${scenario.padEnd(14)} ${figures}  ${wrong.join('; ')}`,
      );
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${3 * profiles.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
