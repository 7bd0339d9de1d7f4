// Kills of a process in the middle of its pushes: what it had reported is there afterwards. It must not know the store.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { openStore } from '../../../relay-adapter/server/open-store.ts';
import { incoming, readAll } from './store-contract.ts';

const CHILD = fileURLToPath(new URL('./store-crash-child.ts', import.meta.url));
/** Reports before the first kill; each round has some more, so that the kills fall at different instants. */
const REPORTS = 60;

/** Rounds of a child that pushes and pulls until it is killed. */
export async function survivesKills(spec: string, rounds: number): Promise<void> {
  const reported: string[] = [];
  let presented = 0;
  for (let round = 0; round < rounds; round++) {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CHILD, spec, String(round)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    let left = REPORTS + round * 7;
    for await (const line of createInterface({ input: child.stdout })) {
      // Lines that were written before the kill count too.
      const [kind, value] = line.split(' ') as [string, string];
      if (kind === 'pushed') reported.push(value);
      else presented = Number(value);
      if (--left === 0) child.kill('SIGKILL');
    }
    expect((await exited)[1]).toBe('SIGKILL');
    expect(left).toBeLessThanOrEqual(0);

    const store = await openStore(spec);
    const ids = await readAll(store, 'ledger', `reader ${round}`);
    expect(new Set(ids).size).toBe(ids.length);
    expect(reported.filter((id) => !ids.includes(id))).toEqual([]);
    const retry = reported.slice(-20).map((id) => incoming(id));
    expect(await store.push({ ledger: 'ledger', device: 'a', changes: retry })).toEqual(retry.map(() => 'kept'));
    await store.close();
  }
  expect(presented).toBeGreaterThan(0);
  // The child is the only member: what it had presented before the kill lets the log be removed up to there at least.
  const store = await openStore(spec);
  const end = (await readAll(store, 'ledger')).length;
  await store.push({ ledger: 'ledger', device: 'a', changes: [incoming('image', { covers: end })] });
  const page = { ledger: 'ledger', device: 'someone', pageSize: 1 };
  expect(await store.pull({ ...page, cursor: presented - 1 })).toHaveProperty('snapshot');
  await store.close();
}
