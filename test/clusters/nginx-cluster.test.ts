// Several instances on one Postgres behind nginx: whoever talks to them talks to one relay, also while one of them dies.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../scenarios/result.ts';
import { postgresBinaries } from '../postgres.ts';
import { type Balancing, type Cluster, hasNginx, startCluster } from './nginx-cluster.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const isMissing = !hasNginx() || postgresBinaries() === undefined;
const title = 'instances behind nginx';

describe.skipIf(isMissing)(isMissing ? `${title} (SKIPPED: no nginx or no Postgres)` : title, () => {
  let folder: string;
  let cluster: Cluster | undefined;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'squall-cluster-'))));
  afterAll(async () => {
    await cluster?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function started(balancing: Balancing): Promise<Cluster> {
    await cluster?.stop();
    cluster = (await startCluster(3, balancing))!;
    return cluster;
  }

  async function run(...args: readonly string[]): Promise<{ code: number; result: Result }> {
    const file = join(folder, 'result.json');
    const all = ['run', ...args, '--no-tui', '--quiet', '--json', file];
    const child = spawn(process.execPath, [MAIN, ...all], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    const [code] = (await once(child, 'exit')) as [number];
    return { code, result: JSON.parse(readFileSync(file, 'utf8')) as Result };
  }

  /** Requests that each instance has answered. */
  async function answered({ instances }: Cluster): Promise<number[]> {
    return Promise.all(
      instances.map(async ({ url }) => {
        const response = await fetch(`${url}/metrics`);
        const counts = (await response.text()).matchAll(/^squall_relay_requests_total\{[^}]*\} (\d+)$/gm);
        return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
      }),
    );
  }

  test('give the answers of the model, whichever of them is asked', async () => {
    const { url } = await started('round-robin');
    const args = ['crdt-conflicts', '--profile', 'storm', '--seed', '4', '--faults', 'lossy'];
    const modelled = await run(...args);
    const real = await run(...args, '--side', url);
    expect(real.result.findings).toEqual([]);
    expect(real.result.protocolHash).toBe(modelled.result.protocolHash);
    for (const requests of await answered(cluster!)) expect(requests).toBeGreaterThan(5);
  });

  test('are told of what is pushed to the others, and survive that one of them dies', async () => {
    const { url, instances } = await started('least-connections');
    const args = ['sync-relay', '--profile', 'light', '--users', '10', '--duration', '8s', '--clock', 'wall'];
    const running = run(...args, '--warm-up', '1s', '--side', url);
    await new Promise((resolve) => setTimeout(resolve, 4000));
    await instances[1]!.kill();
    const { result } = await running;
    expect(result.findings).toEqual([]);
    const latency = result.metrics.find(({ name }) => name === 'sync_latency')!;
    // Devices are told; the sync of their own accord comes every 30 s.
    expect(latency).toMatchObject({ type: 'trend' });
    expect((latency.values as { p50: number }).p50).toBeLessThan(1000);
    expect((latency.values as { count: number }).count).toBeGreaterThan(50);
  });
});
