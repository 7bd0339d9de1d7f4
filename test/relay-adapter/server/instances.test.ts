import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgresBinaries, type RunningPostgres, startPostgres } from '../../postgres.ts';
import { instanceRounds } from './instance-rounds.ts';

const isMissing = postgresBinaries() === undefined;
const title = 'two instances of the relay on one Postgres';

describe.skipIf(isMissing)(isMissing ? `${title} (SKIPPED: no binaries in /usr/lib/postgresql)` : title, () => {
  let postgres: RunningPostgres;
  beforeAll(async () => void (postgres = (await startPostgres())!));
  afterAll(async () => postgres.stop());

  test('give every reader one log without a gap, and tell listeners of what is pushed to the other', async () => {
    const address = `${postgres.url}&schema=sound`;
    const report = await instanceRounds({ address, seeds: 5, tellsAcross: true });
    expect(report.complaints).toEqual([]);
    expect(report.acknowledged).toBeGreaterThan(500);
    expect(report.catchUps).toBeGreaterThan(20);
    expect(report.toldAcross).toBeGreaterThanOrEqual(5);
  });

  test('are found out where they leave a change out of a page', async () => {
    const address = `${postgres.url}&schema=skipping`;
    const kinds = ['skipping'] as const;
    const { complaints } = await instanceRounds({ address, seeds: 1, kinds, tellsAcross: true, tellMs: 500 });
    expect(complaints.join('\n')).toMatch(/seed 1: ledger-\w+: .* was given position \d+ after \d+/);
  });
});

describe('two processes of the relay on one SQLite file', () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'squall-instances-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('give every reader one log without a gap', async () => {
    const address = `sqlite:${join(folder, 'sound.db')}`;
    const report = await instanceRounds({ address, seeds: 2, tellsAcross: false });
    expect(report.complaints).toEqual([]);
    expect(report.acknowledged).toBeGreaterThan(200);
    expect(report.catchUps).toBeGreaterThan(5);
  });

  test('are found out where they say that they have what they have not written', async () => {
    const address = `sqlite:${join(folder, 'hasty.db')}`;
    const { complaints } = await instanceRounds({ address, seeds: 1, kinds: ['hasty'], tellsAcross: false });
    expect(complaints.join('\n')).toMatch(/lost: .* was acknowledged, and .* has all without it/);
  });

  test('tell nobody of what is pushed to the other', async () => {
    const address = `sqlite:${join(folder, 'deaf.db')}`;
    const { complaints, toldAcross } = await instanceRounds({ address, seeds: 1, tellsAcross: true, tellMs: 300 });
    expect(toldAcross).toBe(0);
    expect(complaints.join('\n')).toMatch(/untold: nobody told of the push to the other instance/);
  });
});
