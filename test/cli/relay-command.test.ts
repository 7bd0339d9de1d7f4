// `squall relay` within the test's process: what flags and environment make of it, what it refuses before it opens
// anything, and what it never says.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { relayCommand } from '../../cli/commands/relay.ts';
import { parseArguments } from '../../cli/flags.ts';
import type { Io } from '../../cli/io.ts';
import { parseSize, relaySettings } from '../../cli/relay-options.ts';
import { shownStore } from '../../relay-adapter/server/shown-store.ts';
import { verifyToken } from '../../relay-adapter/server/tokens.ts';
import { InputError } from '../../sim/errors.ts';
import { recordingIo } from './recorded-result.ts';

const SECRET = 'a secret that nobody knows';
const ENV = { SQUALL_TOKEN_SECRET: SECRET };
const NOW_MS = 1_767_225_600_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squall-relay-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Surroundings that keep what is said, and a promise of what interrupts, when somebody listens for it. */
function surroundings(env: Io['env']) {
  let ready = (_interrupt: () => void): void => undefined;
  const interrupt = new Promise<() => void>((resolve) => (ready = resolve));
  const onInterrupt = (listener: () => void): (() => void) => {
    ready(listener);
    return () => undefined;
  };
  return { io: recordingIo({ env, cwd: folder, onInterrupt }), interrupt };
}

/** Runs the command to its end, and interrupts it as soon as it serves, after `meanwhile`. */
async function relay(args: readonly string[], env: Io['env'] = ENV, meanwhile?: (url: string) => Promise<void>) {
  const { io, interrupt } = surroundings(env);
  const ended = relayCommand(args, io, () => NOW_MS);
  const served = (async () => {
    const stop = await interrupt;
    // The line is written before the command goes on to wait.
    await new Promise((resolve) => setImmediate(resolve));
    await meanwhile?.(/http:\S+/.exec(io.stdout)![0]);
    stop();
  })();
  const code = await Promise.race([ended, served.then(() => ended)]);
  return { code, stdout: io.stdout, stderr: io.stderr };
}

/** The one line that the command refuses with. */
async function refusal(args: readonly string[], env: Io['env'] = ENV): Promise<string> {
  const { io } = surroundings(env);
  const error = await relayCommand(args, io, () => NOW_MS).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(InputError);
  expect([io.stdout, io.stderr]).toEqual(['', '']);
  return (error as InputError).message;
}

const file = (name = 'relay.db') => `sqlite:${join(folder, name)}`;
const settings = (...args: string[]) => relaySettings(parseArguments('relay', args), ENV);

describe('settings', () => {
  it('are the published ones where nothing is said', () => {
    expect(settings()).toEqual({
      host: '127.0.0.1',
      port: 8787,
      store: 'sqlite:relay.db',
      tokenSecret: SECRET,
      rateLimitPerMinute: 60,
      bodyLimitBytes: 10_485_760,
      pageSize: 100,
      region: 'local',
      membership: 'contact',
      logLevel: 'info',
    });
  });

  it('come from flags', () => {
    const limits = ['--rate-limit', '0', '--body-limit', '512kB', '--page-size', '7'];
    const names = ['--region', 'eu-1', '--membership', 'listed', '--log-level', 'error'];
    const places = ['--port', '0', '--host', '::1', '--store', 'postgres://u@h/d', '--open'];
    expect(settings(...limits, ...names, ...places)).toEqual({
      host: '::1',
      port: 0,
      store: 'postgres://u@h/d',
      tokenSecret: undefined,
      rateLimitPerMinute: 0,
      bodyLimitBytes: 524_288,
      pageSize: 7,
      region: 'eu-1',
      membership: 'listed',
      logLevel: 'error',
    });
  });

  it('keep quiet about what is no warning, unless a level is named', () => {
    expect(settings('--quiet').logLevel).toBe('warn');
    expect(settings('--quiet', '--log-level', 'debug').logLevel).toBe('debug');
  });
});

describe('sizes', () => {
  it.each([
    ['1', 1],
    ['10485760', 10_485_760],
    ['10MB', 10_485_760],
    ['10 mb', 10_485_760],
    ['1.5kB', 1536],
    ['100B', 100],
    ['1GB', 2 ** 30],
    ['0', 0],
  ])('%s is %d bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  it.each(['', 'MB', '-1', '1.3', '1e3', '10 parsecs', '10MBs', '1,5MB', '0x10', 'Infinity', `${2 ** 60}`])(
    '%j is none',
    (text) => expect(parseSize(text)).toBeUndefined(),
  );
});

describe('what is refused before anything is opened', () => {
  it.each([
    [['--port', '70000'], '--port'],
    [['--port', 'http'], '--port'],
    [['--host', ''], '--host'],
    [['--rate-limit', '-1'], '--rate-limit'],
    [['--rate-limit', '99999999999'], '--rate-limit'],
    [['--body-limit', '0'], '--body-limit'],
    [['--body-limit', '2GB'], '--body-limit'],
    [['--body-limit', 'large'], '--body-limit'],
    [['--page-size', '0'], '--page-size'],
    [['--page-size', '101'], '--page-size'],
    [['--region', 'a b'], '--region'],
    [['--membership', 'all'], '--membership'],
    [['--log-level', 'loud'], '--log-level'],
    [['--store', 'relay.db'], '--store'],
    [['--store', 'sqlite:'], '--store'],
    [['--expires', '30d'], '--expires'],
    [['--prot', '1'], 'flag'],
    [['tokens'], 'argument'],
    [['token', 'a', 'b'], 'argument'],
  ])('%j', async (args, field) => {
    const line = await refusal(args.includes('--store') ? args : [...args, '--store', file()]);
    expect(line).toMatch(new RegExp(`^ERR_CONFIG ${field}: got `));
    expect(existsSync(join(folder, 'relay.db'))).toBe(false);
  });

  it('a relay without a secret, with a line that says both ways', async () => {
    for (const env of [{}, { SQUALL_TOKEN_SECRET: '' }]) {
      const line = await refusal(['--store', file()], env);
      expect(line).toMatch(/^ERR_CONFIG SQUALL_TOKEN_SECRET: got nothing, expected a secret .*, or --open /);
    }
    expect(existsSync(join(folder, 'relay.db'))).toBe(false);
  });

  it('a secret that is short, without a word of it', async () => {
    for (const args of [
      ['--store', file()],
      ['token', 'ledger-1'],
    ]) {
      const line = await refusal(args, { SQUALL_TOKEN_SECRET: 'fifteen letters' });
      expect(line).toContain('ERR_CONFIG SQUALL_TOKEN_SECRET');
      expect(line).not.toContain('fifteen');
    }
    expect(settings().tokenSecret!.length).toBeGreaterThan(16);
    expect(relaySettings(parseArguments('relay', []), { SQUALL_TOKEN_SECRET: 'sixteen letters!' }).tokenSecret).toBe(
      'sixteen letters!',
    );
  });

  it.each(['0.0.0.0', '::', '192.168.1.4', 'relay.example', '127.0.0.1.example'])(
    'an open relay on %s',
    async (host) => {
      const line = await refusal(['--open', '--host', host, '--store', file()]);
      expect(line).toMatch(/^ERR_CONFIG --host: got .*, expected a loopback address/);
      expect(existsSync(join(folder, 'relay.db'))).toBe(false);
    },
  );
});

describe('a store', () => {
  it.each([
    ['sqlite:relay.db', 'sqlite:relay.db'],
    ['sqlite:/home/me@here:1/relay.db', 'sqlite:/home/me@here:1/relay.db'],
    ['postgres://me@host:5432/db', 'postgres://me@host:5432/db'],
    ['postgres://me:hidden@host:5432/db?schema=x', 'postgres://me:***@host:5432/db?schema=x'],
    ['postgresql://me:@host/db', 'postgresql://me:***@host/db'],
    [
      'postgres:///db?host=/run/pg&user=me&password=hidden&schema=x',
      'postgres:///db?host=/run/pg&user=me&password=***&schema=x',
    ],
  ])('%s is shown as %s', (spec, shown) => expect(shownStore(spec)).toBe(shown));

  it('never shows a password, whatever it holds', () => {
    const part = fc.string({
      minLength: 1,
      maxLength: 5,
      unit: fc.constantFrom('a', '@', ':', '/', '?', '#', '&', '%'),
    });
    const scheme = fc.constantFrom(
      'postgres://',
      'postgresql://',
      'POSTGRES://',
      'mysql://',
      'postgres:/',
      'postgres:',
      '',
    );
    fc.assert(
      fc.property(scheme, part, part, (start, before, after) => {
        const shown = shownStore(`${start}me:${before}HIDDEN${after}@host/db`);
        expect(shown).not.toContain('HIDDEN');
      }),
      { seed: 1, numRuns: 500 },
    );
    expect(shownStore('host=h password=HIDDEN user=me')).toBe('host=h password=*** user=me');
  });

  it('that cannot be opened is one line, and one that is no relay’s is left as it is', async () => {
    writeFileSync(
      join(folder, 'letter.txt'),
      'Dear reader, this is no database, and is to stay as it is.\n'.repeat(100),
    );
    expect(await refusal(['--port', '0', '--store', file('letter.txt')])).toMatch(
      /^ERR_FILE --store: .* expected a SQLite/,
    );
    expect(await refusal(['--port', '0', '--store', file('none/relay.db')])).toMatch(/^ERR_FILE --store: /);
  });

  it.each([
    'postgres://me:HID/DEN@127.0.0.1:1/db',
    'postgres://me:HID%DEN@127.0.0.1:1/db',
    'postgres://me:HID@DEN@127.0.0.1:1/db',
    'postgres://me:HIDDEN@127.0.0.1:1/db?schema=NONE',
    'postgres://127.0.0.1:1/db?user=me&password=HIDDEN',
    'mysql://me:HIDDEN@127.0.0.1/db',
    'postgres:/me:HIDDEN@127.0.0.1/db',
  ])('%s is refused without its password', async (spec) => {
    const line = await refusal(['--port', '0', '--store', spec]);
    expect(line).toContain('--store: got ');
    expect(line).not.toMatch(/HID|DEN@/);
  });
});

describe('serving', () => {
  it('says in one line where, with which store and for whom, and ends with 0', async () => {
    const statuses: number[] = [];
    const { code, stdout, stderr } = await relay(['--port', '0', '--store', file()], ENV, async (url) => {
      statuses.push((await fetch(`${url}/health`)).status);
      statuses.push((await fetch(`${url}/ledgers/l/members/d`, { method: 'PUT' })).status);
    });
    expect(code).toBe(0);
    expect(statuses).toEqual([200, 401]);
    const [line, ...more] = stdout.split('\n');
    expect(line).toMatch(
      /^squall [\d.]+ · relay at http:\/\/127\.0\.0\.1:\d+ · store sqlite:\S+ · a token for each ledger$/,
    );
    expect(more).toEqual(['']);
    const logged = stderr
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text) as { msg: string; route?: string; status?: number });
    expect(logged.filter(({ msg }) => msg === 'request').map(({ route, status }) => [route, status])).toEqual([
      ['/health', 200],
      ['/ledgers/:ledger/members/:device', 401],
    ]);
    expect(logged.at(-1)!.msg).toBe('stopped');
    expect(stdout + stderr).not.toContain(SECRET);
  });

  it('quietly, says nothing', async () => {
    const { io, interrupt } = surroundings(ENV);
    const ended = relayCommand(['--quiet', '--port', '0', '--store', 'sqlite::memory:'], io);
    (await interrupt)();
    expect(await ended).toBe(0);
    expect([io.stdout, io.stderr]).toEqual(['', '']);
  });

  it('openly asks for no token, whatever the environment says', async () => {
    const args = ['--port', '0', '--open', '--store', 'sqlite::memory:', '--log-level', 'silent'];
    const { code, stdout, stderr } = await relay(args, ENV, async (url) => {
      expect((await fetch(`${url}/ledgers/l/members/d`, { method: 'PUT' })).status).toBe(204);
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/ · store sqlite::memory: · open, without tokens\n$/);
  });

  it('with the limits, the region and the rule that were named', async () => {
    const args = ['--port', '0', '--open', '--store', 'sqlite::memory:', '--rate-limit', '2', '--body-limit', '1kB'];
    const more = ['--page-size', '1', '--region', 'eu-1', '--membership', 'listed'];
    const { io, interrupt } = surroundings({});
    const ended = relayCommand([...args, ...more], io);
    const stop = await interrupt;
    await new Promise((resolve) => setImmediate(resolve));
    const [url] = /http:\S+/.exec(io.stdout)!;
    const post = (body: string) =>
      fetch(`${url}/sync/pull`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    expect(await (await fetch(`${url}/regions`)).json()).toMatchObject({ regions: [{ id: 'eu-1' }] });
    expect((await post(' '.repeat(1025))).status).toBe(413);
    // Nobody becomes a member by coming.
    expect((await post('{"protocol_version":"1.1.0","ledger_id":"l","device_id":"d"}')).status).toBe(200);
    const third = await fetch(`${url}/ledgers/l/members/d`, { method: 'DELETE' });
    expect([third.status, third.headers.has('retry-after')]).toEqual([429, true]);
    stop();
    expect(await ended).toBe(0);
  });

  it('a port that is taken is named as the flag, and the store is let go of', async () => {
    await relay(['--port', '0', '--store', 'sqlite::memory:'], ENV, async (url) => {
      const { port } = new URL(url);
      const line = await refusal(['--port', port, '--store', file()]);
      expect(line).toBe(`ERR_CONFIG --port: got ${port}, expected one that nobody listens on`);
      expect(existsSync(join(folder, 'relay.db-wal'))).toBe(false);
    });
  });
});

describe('tokens', () => {
  it('stand alone on standard output, and open the ledger', async () => {
    const { code, stdout, stderr } = await relay(['token', 'ledger-1']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^\S+\n$/);
    expect(verifyToken(SECRET, stdout.trimEnd(), Number.MAX_SAFE_INTEGER)).toMatchObject({ ledger: 'ledger-1' });
    expect((await relay(['token', 'ledger-1'])).stdout).toBe(stdout);
  });

  it('end when they were told to', async () => {
    const { stdout } = await relay(['token', 'ledger-1', '--expires', '30d']);
    const token = stdout.trimEnd();
    const endMs = NOW_MS + 30 * 86_400_000;
    expect(verifyToken(SECRET, token, endMs - 1)).toMatchObject({ ledger: 'ledger-1' });
    expect(verifyToken(SECRET, token, endMs)).toBe('expired');
  });

  it.each([
    ['token', '--account', 'phone'],
    ['token', '--account=phone'],
    ['--account', 'phone', 'token', '--expires', '1d'],
  ])('open an account of protocol 1.0 with %j %j %j', async (...args) => {
    const { stdout } = await relay(args);
    expect(verifyToken(SECRET, stdout.trimEnd(), NOW_MS)).toMatchObject({ ledger: 'account/phone' });
  });

  it.each([
    [['token'], 'ledger'],
    [['token', 'account/phone'], 'ledger'],
    [['token', '--account'], '--account'],
    [['token', '--account', 'a b'], '--account'],
    [['token', '--account='], '--account'],
    [['token', 'l', '--account', 'phone'], '--account'],
    [['--account', 'phone'], '--account'],
    [['token', ''], 'ledger'],
    [['token', 'a b'], 'ledger'],
    [['token', 'a'.repeat(129)], 'ledger'],
    [['token', 'l', '--expires', 'soon'], '--expires'],
    [['token', 'l', '--expires', '0s'], '--expires'],
    [['token', 'l', '--expires', '99999999d'], '--expires'],
    [['token', 'l', '--port', '1'], '--port'],
    [['token', 'l', '--open'], '--open'],
  ])('%j is refused', async (args, field) => {
    expect(await refusal(args)).toMatch(new RegExp(`^ERR_CONFIG ${field}: `));
  });

  it('are not made without a secret', async () => {
    const line = await refusal(['token', 'l'], {});
    expect(line).toContain('ERR_CONFIG SQUALL_TOKEN_SECRET: got nothing');
    expect(line).not.toContain('--open');
  });
});
