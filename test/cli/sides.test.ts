// Sides on the command line: what may be driven, what is said of it, and that secrets stand in nothing that is written.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { flawedRelays } from '../relay-adapter/flawed-relays.ts';
import { squall } from './command.ts';
import { emptyFolder } from './found.ts';

const relays = flawedRelays();
afterAll(async () => relays.stop());

const RUN = ['run', 'crdt-conflicts', '--profile', 'storm', '--seed', '7', '--quiet'];
const KEY = 's3cret-0f-the-tests';

describe('an address of another machine', () => {
  test.each(['http://192.0.2.1:9', 'http://localhost.evil.example', 'http://0.0.0.0:1', 'http://[::ffff:8.8.8.8]'])(
    '%s is refused before anything is sent',
    (side) => {
      const { status, stdout, stderr } = squall(emptyFolder(), ...RUN, '--side', side);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(
        /^ERR_CONFIG --side: got "http:.*", expected an address of this machine .*--allow-remote\n$/,
      );
    },
  );
});

describe('a relay that cannot be reached', () => {
  test.each([[], ['--allow-remote']])('is refused in one line, %j', (...flags) => {
    // A port on which nobody can listen.
    const { status, stdout, stderr } = squall(emptyFolder(), ...RUN, '--side', 'http://127.0.0.1:1', ...flags);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toBe('ERR_CONFIG --side: got "http://127.0.0.1:1", expected a relay that answers (refused)\n');
  });

  test('--allow-remote lets through what is refused without it', () => {
    // An address that reaches this machine, and is none of the loopback's.
    const { status, stderr } = squall(emptyFolder(), ...RUN, '--side', 'http://0.0.0.0:1', '--allow-remote');
    expect(status).toBe(2);
    expect(stderr).toMatch(/expected a relay that answers \(.+\)\n$/);
  });
});

test.each([
  'http://me:s3cret@127.0.0.1:1',
  'http://127.0.0.1:1/?k=s3cret',
  'http://127.0.0.1:1/#s3cret',
  'ftp://127.0.0.1',
])('an address that is none, or says more: %s', (side) => {
  const { status, stdout, stderr } = squall(emptyFolder(), ...RUN, '--side', side);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^ERR_CONFIG .*\n$/);
  expect(stderr).not.toContain('s3cret');
});

describe('a relay that somebody else has written', () => {
  test('is driven in 1.0 behind a prefix and with a header, whose value is written nowhere', async () => {
    const side = await relays.start({ prefix: '/api', header: ['x-api-key', KEY] });
    const folder = emptyFolder();
    const dialect = [...RUN, '--dialect', '1.0'];
    const model = squall(folder, ...dialect, '--json', 'model.json');
    const address = ['--side', side, '--path-prefix', '/api', '--header', `x-api-key:${KEY}`];
    const real = squall(folder, ...dialect, ...address, '--json', 'real.json');
    const hashOf = (text: string): string | undefined => /protocol hash {2}(\S+)/.exec(text)?.[1];
    expect([real.status, real.stderr]).toEqual([model.status, '']);
    expect(hashOf(real.stdout)).toBe(hashOf(model.stdout));
    expect(hashOf(real.stdout)).toBeDefined();
    expect(real.stdout).toContain("--header 'x-api-key:…'");
    const file = readFileSync(join(folder, 'real.json'), 'utf8');
    for (const text of [real.stdout, real.stderr, file]) expect(text).not.toContain(KEY);
  });

  test('shows its flaws as findings, with exit code 1', async () => {
    const side = await relays.start({ flaw: 'html-errors' });
    const { status, stdout, stderr } = squall(emptyFolder(), ...RUN, '--dialect', '1.0', '--side', side);
    expect([status, stderr]).toEqual([1, '']);
    expect(stdout).toContain('protocol:unreadable');
    expect(stdout).toContain('<h1>Internal Server Error</h1>');
  });

  test.each(['x-api-key', ': s3cret', 'content-length: 5', 'a b: s3cret', 'x:s3cret\u0001'])(
    'a header that is none is refused without its value: %j',
    (header) => {
      const { status, stderr } = squall(emptyFolder(), ...RUN, '--side', 'http://127.0.0.1:1', '--header', header);
      expect(status).toBe(2);
      expect(stderr).toMatch(/^ERR_CONFIG --header: .*\n$/);
      expect(stderr).not.toContain('s3cret');
    },
  );
});

describe('devices that do not encrypt', () => {
  const LEAKY = ['--side', 'inject', '--set', 'relay.specimen=plaintext-payloads', '--faults', 'none', '--quiet'];

  test('are found by a run', () => {
    const { status, stdout } = squall(emptyFolder(), ...RUN, ...LEAKY);
    expect(status).toBe(1);
    expect(stdout).toContain('secrecy:payload');
  });

  test('are found by a hunt, which shrinks the finding to what replays', () => {
    const folder = emptyFolder();
    const hunt = ['hunt', 'crdt-conflicts', ...LEAKY, '--seeds', '1..2', '--workers', '1', '--max-findings', '1'];
    const hunted = squall(folder, ...hunt);
    expect([hunted.status, hunted.stderr]).toEqual([1, '']);
    expect(hunted.stdout).toContain('secrecy:payload');
    const [file] = existsSync(join(folder, 'findings')) ? readdirSync(join(folder, 'findings')) : [];
    const { plan } = JSON.parse(readFileSync(join(folder, 'findings', file!), 'utf8')) as {
      plan: { users: { actions: unknown[] }[] };
    };
    expect(plan.users.flatMap(({ actions }) => actions).length).toBeLessThanOrEqual(3);
    const replayed = squall(folder, 'replay', `findings/${file}`, '--exact', '--quiet');
    expect([replayed.status, replayed.stderr]).toEqual([1, '']);
  });

  test('where it is said that nothing is encrypted, nothing is judged', () => {
    const plain = ['--side', 'inject', '--set', 'wire.payloads=plain', '--faults', 'none'];
    expect(squall(emptyFolder(), ...RUN, ...plain)).toMatchObject({ status: 0, stderr: '' });
  });
});
