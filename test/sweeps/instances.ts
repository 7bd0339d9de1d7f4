// Storms two instances of the relay on one store with pushes and pulls at once, and looks whether any reader ever missed a
// change, or was not told of one (`npm run sweep:instances`). Arguments such as `seeds=200 from=1 store=postgres` choose;
// `store=sqlite` has two processes on one file, which tell nobody of each other's pushes. Exit 1 where anything is amiss.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../postgres.ts';
import { instanceRounds } from '../relay-adapter/server/instance-rounds.ts';

const given = new Map(process.argv.slice(2).map((argument) => argument.split('=', 2) as [string, string]));
const seeds = Number(given.get('seeds') ?? 200);
const from = Number(given.get('from') ?? 1);
const stores = (given.get('store') ?? 'postgres,sqlite').split(',');

async function sweep(store: string, address: string): Promise<void> {
  const startedMs = performance.now();
  const told = (seed: number): void => {
    if (seed % 20 === 0) process.stderr.write(`${store}: seed ${seed}\n`);
  };
  const tellsAcross = store === 'postgres';
  const report = await instanceRounds({ address, seeds, from, tellsAcross, told });
  const { acknowledged, catchUps, toldAcross, complaints } = report;
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  console.log(
    `${complaints.length === 0 ? '✓' : '✗'} two instances on one ${store}: ${seeds} seeds, ${acknowledged} changes,` +
      ` ${catchUps} catch-ups during pushes, ${tellsAcross ? `${toldAcross} ledgers told across` : 'nobody told across'};` +
      ` ${seconds} s`,
  );
  for (const complaint of complaints.slice(0, 50)) console.log(`    ${complaint}`);
  if (complaints.length > 0) process.exitCode = 1;
}

for (const store of stores) {
  if (store === 'sqlite') {
    const folder = mkdtempSync(join(tmpdir(), 'squall-instances-'));
    try {
      await sweep(store, `sqlite:${join(folder, 'relay.db')}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    continue;
  }
  const postgres = await startPostgres();
  if (postgres === undefined) {
    console.log('postgres: SKIPPED, no binaries in /usr/lib/postgresql');
    continue;
  }
  try {
    await sweep(store, postgres.url);
  } finally {
    await postgres.stop();
  }
}
