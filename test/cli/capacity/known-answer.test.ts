// `squall capacity` against theory: a relay with one worker whose service times have the mean and the variance of an
// exponential has the mean wait of M/M/1 (Pollaczek–Khinchine), so the load at which pushes take 50 ms is known.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { CapacityResult } from '../../../scenarios/capacity/result.ts';
import { squall } from '../command.ts';

const SCENARIO = fileURLToPath(new URL('../../scenarios/capacity/poisson-pushes.ts', import.meta.url));
const SERVICE_MS = 10;
const THINK_MS = 10_000;
const LIMIT_MS = 50;

it('the command finds the load of M/G/1 at which the mean response is known, within 2%', () => {
  const folder = mkdtempSync(join(tmpdir(), 'squall-capacity-'));
  try {
    // exp(σ²) − 1 = 1: the variance of an exponential with the same mean.
    const sigma = Math.sqrt(Math.log(2));
    const sets = [
      'relay.instances=1',
      'relay.workers=1',
      `relay.serviceSigma=${sigma}`,
      `relay.pushMsMean=${SERVICE_MS}`,
      'relay.pushMsPerChange=0',
      'relay.pullMsMean=0.001',
      'client.autoSyncMs=30000000000',
      `workload.thinkMs=${THINK_MS}`,
      'network=ideal',
    ].flatMap((set) => ['--set', set]);
    const args = [SCENARIO, '--users', '400', '--slo', `push_response_time: avg<${LIMIT_MS}`, ...sets];
    const said = squall(folder, 'capacity', ...args, '--quiet', '--json', 'capacity.json');
    expect(said.stderr).toBe('');
    expect(said.status).toBe(0);
    const { capacity } = JSON.parse(readFileSync(join(folder, 'capacity.json'), 'utf8')) as CapacityResult;
    // W = S ÷ (1 − ρ), so ρ = 1 − S ÷ W; a user is back after its think time and its response.
    const rate = (1 - SERVICE_MS / LIMIT_MS) / SERVICE_MS;
    const known = rate * (THINK_MS + LIMIT_MS);
    expect(Math.abs(capacity.users / known - 1)).toBeLessThan(0.02);
    expect(Math.abs(capacity.rate / (rate * 1000) - 1)).toBeLessThan(0.02);
    expect(capacity.interval.low).toBeLessThan(capacity.users);
    expect(capacity.interval.high).toBeGreaterThan(capacity.users);
    expect(capacity.bottleneck?.part).toMatch(/worker|instance/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 300_000);
