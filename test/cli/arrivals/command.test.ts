// Arrivals through the command itself: run --arrivals and workload fit, what they print and write, what they refuse, and
// that nobody's name comes out of them.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storedResultOf } from './stored.ts';
import { requestsOf } from '../../scenarios/arrivals/recorded.ts';
import { accessLog } from '../../scenarios/arrivals/recorded.ts';
import { squall as squallIn } from '../command.ts';

let folder: string;
const squall = (...args: string[]): ReturnType<typeof squallIn> => squallIn(folder, ...args);

/** Names, addresses and programs that nothing may repeat. */
const NAMES = ['zoe-quartz', 'yan-topaz@example.org', '203.0.113.77', 'secret-agent', 'device-3'];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'squall-arrivals-'));
  const config = { users: 10, durationMs: 30_000, rampUpMs: 0, rampDownMs: 0 };
  const { requests } = await requestsOf({ scenario: 'sync-relay', seed: '7', config });
  const broken = '203.0.113.77 - zoe-quartz [never] "POST /sync/push HTTP/1.1" 200 5 "-" "secret-agent"\n';
  writeFileSync(join(folder, 'access.log'), `${broken}${accessLog(requests)}`);
  const lines = requests.map(({ atMs, device, kind, bytes }) => {
    const user = device === 0 ? 'zoe-quartz' : device === 1 ? 'yan-topaz@example.org' : `device-${device}`;
    return `${1_790_000_000 + atMs / 1000},${user},${kind},${bytes}\n`;
  });
  writeFileSync(join(folder, 'record.csv'), `time,user,operation,bytes\n,zoe-quartz,push,1\n${lines.join('')}`);
  writeFileSync(join(folder, 'empty.log'), '');
  writeFileSync(join(folder, 'red.log'), '\u001b[31mzoe-quartz\u001b[0m\n"\'`;\u0000\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('run --arrivals', () => {
  test('runs what was recorded, and says where it came from', () => {
    const said = squall(
      'run',
      'sync-relay',
      '--arrivals',
      'record.csv',
      '--seed',
      '1',
      '--scale',
      '1.5',
      '--json',
      'r.json',
    );
    expect(said.status, said.stderr).toBe(0);
    expect(said.stderr).toContain('--arrivals: line 2: a time that cannot be read\n');
    expect(said.stdout).toMatch(
      /^ {2}arrivals {2}record\.csv \(sha-256 [0-9a-f]{16}…\): \d+ pushes and \d+ pulls of 20 users in .*, × 1\.5$/m,
    );
    const { arrivals, scenario } = storedResultOf(join(folder, 'r.json'));
    expect(scenario).toBe('sync-relay-arrivals');
    expect(arrivals).toMatchObject({ name: 'record.csv', format: 'csv', users: 20, broken: 1, scale: 1.5 });
  });

  test('is the same from an access log, twice', () => {
    const args = ['run', 'sync-relay', '--arrivals', 'access.log', '--seed', '1', '--quiet', '--check-determinism'];
    const said = squall(...args);
    expect(said.status, said.stderr).toBe(0);
    expect(said.stdout).toContain('✓ deterministic');
  });
});

test('a fit is a profile that runs, with about the rate of the record', () => {
  const fitted = squall('workload', 'fit', 'record.csv', '-o', 'profile.json', '--json', 'fit.json');
  expect(fitted.status, fitted.stderr).toBe(0);
  for (const row of ['record', 'rate', 'mix', 'think', 'changes', 'bursts', 'day']) {
    expect(fitted.stdout).toMatch(new RegExp(`^ {2}${row} `, 'm'));
  }
  expect(fitted.stdout).toContain('npx squall run fitted-workload --profile ./profile.json\n');
  const fit = JSON.parse(readFileSync(join(folder, 'fit.json'), 'utf8')) as Record<string, unknown>;
  expect(fit).toMatchObject({ kind: 'workload', schemaVersion: 1, think: { ksDistance: expect.any(Number) } });
  const ran = squall(
    'run',
    'fitted-workload',
    '--profile',
    './profile.json',
    '--seed',
    '1',
    '--json',
    'ran.json',
    '--quiet',
  );
  expect(ran.status, ran.stderr).toBe(0);
  const { offered } = storedResultOf(join(folder, 'ran.json'));
  const rate = fit['rate'] as number;
  expect(Math.abs(offered.rate / rate - 1)).toBeLessThan(0.05);
  expect(Math.abs(offered.achieved / rate - 1)).toBeLessThan(0.1);
});

test('without -o the profile alone is on standard output', () => {
  const { stdout, status } = squall('workload', 'fit', 'access.log', '--quiet');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ users: 20, workload: { pushShare: expect.any(Number) } });
});

test('nobody whom the record names is in anything that comes out of it', () => {
  const outputs = ['record.csv', 'access.log'].flatMap((record, n) => {
    const files = [`p${n}.json`, `f${n}.json`, `r${n}.json`, `r${n}.html`, `r${n}.md`] as const;
    const said = [
      squall('workload', 'fit', record, '-o', files[0], '--json', files[1]),
      squall(
        'run',
        'sync-relay',
        '--arrivals',
        record,
        '--seed',
        '1',
        '--verbose',
        '--json',
        files[2],
        '--report',
        files[3],
        '--report',
        files[4],
      ),
      squall('run', 'fitted-workload', '--profile', `./${files[0]}`, '--seed', '1', '--verbose'),
    ];
    for (const { status, stderr } of said) expect(status, stderr).toBe(0);
    return [
      ...said.flatMap(({ stdout, stderr }) => [stdout, stderr]),
      ...files.map((file) => readFileSync(join(folder, file), 'utf8')),
    ];
  });
  expect(outputs.join('').length).toBeGreaterThan(100_000);
  for (const name of NAMES) for (const output of outputs) expect(output.includes(name)).toBe(false);
});

test.each([
  [['run', 'sync-relay', '--scale', '3'], /^ERR_CONFIG --scale: got "3", expected only with --arrivals$/],
  [
    ['run', 'sync-relay', '--arrivals', 'record.csv', '--scale', '0'],
    /^ERR_CONFIG --scale: got "0", expected a number > 0/,
  ],
  [
    ['run', 'sync-relay', '--arrivals', 'record.csv', '--scale', '2', '--users', '5'],
    /^ERR_CONFIG --scale: got "2", expected not together with --users/,
  ],
  [
    ['run', 'sync-relay', '--arrivals', 'none.csv'],
    /^ERR_FILE --arrivals: got "none\.csv", expected a file that exists$/,
  ],
  [
    ['run', 'sync-relay', '--arrivals', 'empty.log'],
    /^ERR_ARRIVALS --arrivals: got "empty\.log", expected a record with a push or a pull/,
  ],
  [
    ['run', 'sync-relay', '--arrivals', 'red.log'],
    /^ERR_ARRIVALS --arrivals: .* most lines of which can be read \(2 of 2 cannot be read; line 1: not a line of this format\)$/,
  ],
  [['run', 'sync-rely', '--arrivals', 'record.csv'], /^ERR_CONFIG scenario: got "sync-rely"/],
  [
    ['run', 'sync-relay', '--arrivals', 'record.csv', '--set', 'workload.pushShare=0.5'],
    /^--arrivals: .*\n.*\nERR_CONFIG workload\.pushShare: got 0\.5, expected /,
  ],
  [['hunt', 'sync-relay', '--arrivals', 'record.csv'], /^ERR_CONFIG flag: got "--arrivals", expected a/],
  [['workload'], /^ERR_CONFIG action: got nothing, expected fit$/],
  [['workload', 'fti', 'record.csv'], /^ERR_CONFIG action: got "fti", expected fit \(did you mean fit\?\)$/],
  [['workload', 'fit'], /^ERR_CONFIG arrivals: got nothing, expected a file/],
  [['workload', 'fit', 'empty.log'], /^ERR_ARRIVALS arrivals: got "empty\.log"/],
  [
    ['workload', 'fit', 'record.csv', '-o', 'profile.txt'],
    /^ERR_FILE --output: got "profile\.txt", expected a file that ends in \.json$/,
  ],
  [
    ['workload', 'fit', 'record.csv', '-o', 'no/where.json'],
    /^ERR_FILE --output: got "no\/where\.json", expected a file in a folder that exists$/,
  ],
])('%j is refused with one clear line', (args, line) => {
  const before = readdirSync(folder).sort();
  const { status, stdout, stderr } = squall(...args);
  expect(stderr.trimEnd()).toMatch(line);
  expect([status, stdout]).toEqual([2, '']);
  expect(readdirSync(folder).sort()).toEqual(before);
});

test('the help says what the command does', () => {
  const { stdout, status } = squall('workload', '--help');
  expect(status).toBe(0);
  expect(stdout).toContain('squall workload fit <arrivals>');
  expect(squall('--help').stdout).toContain('squall workload fit <record>');
});
