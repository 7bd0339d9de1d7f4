// What `squall capacity` refuses, before anything runs: one line that names what is wrong, and exit code 2; and objectives
// that nothing or everything meets, which end with a clear answer.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { squall } from '../command.ts';

const folder = mkdtempSync(join(tmpdir(), 'squall-capacity-bad-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'prices.json'), '{"storagePerGbMonth":"cheap"}');

const SLO = ['--slo', 'push_response_time: p(95)<500'];

it.each([
  [['--slo', 'push_response_time p(95)<500'], 'ERR_SLO'],
  [['--slo', 'push_response_tim: p(95)<500'], 'did you mean push_response_time?'],
  [['--slo', 'push_success_rate: p(95)<500'], 'rate'],
  [[...SLO, '--sweep', 'users=20..10'], 'ERR_SWEEP'],
  [[...SLO, '--sweep', 'relay.instance=1,2'], 'did you mean relay.instances?'],
  [[...SLO, '--what-if', 'slow-stor'], 'did you mean slow-store?'],
  [[...SLO, '--horizon', '12mo'], 'ERR_PRICES'],
  [[...SLO, '--prices', 'prices.json'], 'ERR_HORIZON'],
  [[...SLO, '--horizon', '12mo', '--prices', 'prices.json'], 'storagePerGbMonth'],
  [[...SLO, '--horizon', '12 months', '--prices', 'prices.json'], 'ERR_HORIZON'],
  [[...SLO, '--side', 'spawn'], '--side'],
  [[...SLO, '--report', 'answer.pdf'], '--report'],
  [[...SLO, '--calibration', 'none.json'], '--calibration'],
  [[...SLO, '--most', '0'], '--most'],
  [[...SLO, '--workers', '1000'], '--workers'],
])('refuses %j', (args, message) => {
  const said = squall(folder, 'capacity', 'sync-relay', ...args);
  expect(said.stderr).toContain(message);
  expect(said.stderr.trim().split('\n')).toHaveLength(1);
  expect(said.status).toBe(2);
  expect(said.stdout).toBe('');
});

const SMALL = ['--profile', 'light', '--users', '2', '--most', '8', '--workers', '1', '--set', 'relay.pushMsMean=5'];

it('an objective that one user misses ends with 99 and says so', () => {
  const said = squall(folder, 'capacity', 'sync-relay', ...SMALL, '--slo', 'push_response_time: p(95)<1');
  expect(said.stdout).toContain('none: one user alone misses push_response_time p(95)<1');
  expect(said.status).toBe(99);
}, 120_000);

it('an objective that every load meets ends with 0 and the bound, the same whatever the number of workers', () => {
  const args = ['capacity', 'sync-relay', ...SMALL, '--slo', 'push_response_time: p(95)<5000', '--csv', '-'];
  const said = squall(folder, ...args);
  expect(said.status).toBe(0);
  expect(said.stdout).toMatch(/^kind,users,seed/);
  expect(squall(folder, ...args, '--workers', '2').stdout).toBe(said.stdout);
}, 120_000);

it('time that runs out ends with 98 and what is known', () => {
  const said = squall(folder, 'capacity', 'sync-relay', ...SMALL, ...SLO, '--for', '1ms');
  expect(said.stdout).toContain('time ran out');
  expect(said.status).toBe(98);
}, 120_000);
