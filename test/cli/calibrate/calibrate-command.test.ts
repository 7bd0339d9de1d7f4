import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { calibratedLayer, layeredOver } from '../../../cli/calibrate/layer.ts';
import { readFigures } from '../../../cli/calibrate/driver.ts';
import { readProc } from '../../../cli/calibrate/proc.ts';
import { calibrateCommand, type Surroundings } from '../../../cli/commands/calibrate.ts';
import type { Io } from '../../../cli/io.ts';
import { parseCalibration } from '../../../scenarios/capacity/calibration-file.ts';
import { startRelayProcess } from '../../relay-adapter/server/relay-process.ts';
import { recordingIo } from '../recorded-result.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squall-calibrate-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SHORT: Surroundings = { times: { settleMs: 50, measureMs: 300 }, read: readProc, platform: process.platform };
const LEAST = ['--for', '7s'];

async function command(args: string[], surroundings = SHORT, change: Partial<Io> = {}) {
  const io = recordingIo({ cwd: folder, nowMs: () => performance.now(), ...change });
  let code: number | undefined;
  let thrown = '';
  try {
    code = await calibrateCommand(args, io, surroundings);
  } catch (error) {
    thrown = (error as Error).message;
  }
  return { code, thrown, io };
}

const isLinux = process.platform === 'linux';

describe.runIf(isLinux)('squall calibrate against a real relay', { timeout: 60_000 }, () => {
  it('measures one that it starts, prints fit and residuals, and writes a file that reads back', async () => {
    const { code, thrown, io } = await command(['--side', 'spawn', ...LEAST]);
    expect(thrown).toBe('');
    expect(code).toBe(0);
    expect(readdirSync(folder)).toEqual(['calibration.json']);
    const calibration = parseCalibration('c', readFileSync(join(folder, 'calibration.json'), 'utf8'));
    expect(calibration.relay).toMatchObject({ side: 'spawn', store: 'sqlite' });
    expect(calibration.service.kind).toBe('event-loop');
    expect(calibration.saturation['saturated pulls of 0']).toBeGreaterThan(10);
    // Commits are told by the relay itself.
    expect(calibration.steps.find(({ name }) => name === 'light pushes')?.commits?.ms).toBeGreaterThan(0);
    expect(calibration.steps.every(({ cpuMsPerAnswer }) => cpuMsPerAnswer !== null && cpuMsPerAnswer > 0)).toBe(true);
    expect(new Set(calibration.residuals.map(({ step }) => step)).size).toBe(6);
    expect(calibration.machine.node).toBe(process.version);
    expect(io.stdout).toContain('measured, and as the model has it');
    expect(io.stdout).toMatch(/\n✓ calibration\.json: 1 round, /);
  });

  it('measures one at an address, with its secret', async () => {
    const secret = 'a secret of the test';
    const address = `sqlite:${join(folder, 'relay.db')}`;
    const relay = await startRelayProcess({ kind: 'served', address, tokenSecret: secret, pageSize: 100 });
    try {
      const env = { SQUALL_TOKEN_SECRET: secret };
      const { code, thrown, io } = await command(['--side', relay.url, '-o', 'c.json', ...LEAST, '--quiet'], SHORT, {
        env,
      });
      expect(thrown).toBe('');
      expect(code).toBe(0);
      expect(io.stdout).toMatch(/^✓ c\.json: /);
      const { steps } = parseCalibration('c', readFileSync(join(folder, 'c.json'), 'utf8'));
      // Its process cannot be seen, so CPU is what it says itself.
      expect(
        steps.filter(({ name }) => name !== 'nothing').every(({ cpuMsPerAnswer }) => cpuMsPerAnswer !== null),
      ).toBe(true);
      expect(steps.every(({ name, serverWait }) => name === 'nothing' || serverWait === null)).toBe(true);

      const refused = await command(['--side', relay.url, ...LEAST], SHORT, { env: {} });
      expect(refused.thrown).toMatch(
        /^ERR_SIDE --side: got "http:.*expected a relay that takes pushes and pulls \(it answered 401/,
      );
    } finally {
      await relay.stop();
    }
  });
});

describe('what squall calibrate refuses', () => {
  let server: Server | undefined;
  afterEach(() => void server?.close());

  it.each([
    [['--side', 'model'], 'ERR_CONFIG --side: got "model", expected spawn, or the address'],
    [
      ['--side', 'http://10.0.0.1:80', '--for', '7s'],
      'ERR_CONFIG --side: got "http://10.0.0.1", expected an address of this machine',
    ],
    [['--for', '1s'], 'ERR_CONFIG --for: got "1s", expected 7s or more'],
    [['--set', 'relay.pageSize=3'], 'ERR_CONFIG --set: got "relay"'],
    [['-o', 'nowhere/c.json'], 'ERR_FILE --output: got "nowhere/c.json"'],
    [
      ['--side', 'http://127.0.0.1:9', '--for', '7s'],
      'ERR_SIDE --side: got "http://127.0.0.1:9", expected a relay that answers',
    ],
  ])('%s', async (args, said) => {
    const { thrown } = await command(args);
    expect(thrown).toContain(said);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('a machine without /proc', async () => {
    const read = (): string => {
      throw new Error('ENOENT');
    };
    const { thrown } = await command(LEAST, { ...SHORT, read, platform: 'darwin' });
    expect(thrown).toMatch(/^ERR_MACHINE .*got "darwin", expected Linux/);
  });

  it('an address at which something else answers', async () => {
    server = createServer((_request, response) => response.writeHead(404).end('no'));
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { thrown } = await command(['--side', origin, ...LEAST]);
    expect(thrown).toContain('expected a relay that takes pushes and pulls (it answered 404 no)');
  });
});

describe('the figures that a relay tells', () => {
  it('are read from its metrics', () => {
    const text = [
      '# HELP squall_relay_cpu_seconds_total CPU',
      'squall_relay_cpu_seconds_total 1.5',
      'squall_relay_commit_duration_seconds_bucket{le="0.01"} 3',
      'squall_relay_commit_duration_seconds_sum 0.25',
      'squall_relay_commit_duration_seconds_count 100',
      'squall_relay_committed_total{what="jobs"} 140',
      'squall_relay_committed_total{what="changes"} 300',
      '',
    ].join('\n');
    expect(readFigures(text)).toEqual({
      cpuMs: 1500,
      commits: { count: 100, seconds: 0.25, jobs: 140, changes: 300, buckets: [{ overMs: 0, upToMs: 10, count: 3 }] },
    });
    expect(readFigures('')).toEqual({ cpuMs: undefined, commits: undefined });
  });
});

describe('a calibration as a layer', () => {
  const calibrated = {
    service: { kind: 'event-loop', turnMs: 1, pushMs: 2 },
    relay: { serviceSigma: 0.3, instances: 1 },
  } as const;

  it('lies below what was typed, key by key', () => {
    expect(layeredOver(calibrated, { users: 5, service: { pushMs: 9 }, relay: { instances: 3 } })).toEqual({
      users: 5,
      service: { kind: 'event-loop', turnMs: 1, pushMs: 9 },
      relay: { serviceSigma: 0.3, instances: 3 },
    });
  });

  it('leaves the number of instances to a preset that was typed', () => {
    expect(layeredOver(calibrated, { relay: 'some' }).relay).toEqual({ name: 'some', serviceSigma: 0.3 });
  });

  it('refuses a file that is not there, and one that is none', () => {
    expect(() => calibratedLayer('c.json', folder, {})).toThrow('ERR_FILE --calibration: got "c.json"');
    writeFileSync(join(folder, 'c.json'), '{}');
    expect(() => calibratedLayer('c.json', folder, {})).toThrow('ERR_CALIBRATION c.json');
  });
});
