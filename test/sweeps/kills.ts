// Kills the relay's process at random instants of concurrent pushes, and looks after each kill whether all that was
// acknowledged is there, once and in its place (`npm run sweep:kills`). Arguments such as `rounds=100 store=postgres seed=2`
// choose; with Postgres the relay alone is killed. Exit 1 where anything does not fit.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../postgres.ts';
import { killRounds } from '../relay-adapter/server/kill-rounds.ts';

const given = new Map(process.argv.slice(2).map((argument) => argument.split('=', 2) as [string, string]));
const rounds = Number(given.get('rounds') ?? 100);
const seed = given.get('seed') ?? '1';
const stores = (given.get('store') ?? 'sqlite,postgres').split(',');

async function sweep(store: string, address: string): Promise<void> {
  const startedMs = performance.now();
  const told = (round: number): void => {
    if (round % 10 === 0) process.stderr.write(`${store}: ${round} of ${rounds} kills\n`);
  };
  const { kills, acknowledged, unanswered, complaints } = await killRounds({ address, seed, rounds, told });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  console.log(
    `${complaints.length === 0 ? '✓' : '✗'} ${store}: ${kills} kills, ${acknowledged} acknowledged changes; pushes that were` +
      ` not answered: ${unanswered.stored} stored, ${unanswered.notStored} not; ${seconds} s`,
  );
  for (const complaint of complaints) console.log(`    ${complaint}`);
  if (complaints.length > 0) process.exitCode = 1;
}

for (const store of stores) {
  if (store === 'sqlite') {
    const folder = mkdtempSync(join(tmpdir(), 'squall-kills-'));
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
