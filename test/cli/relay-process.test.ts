// `squall relay` as a process: what it has acknowledged outlives it, it stops when it is told to, and what it cannot do it
// says in one line.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { actorId, changeId, deviceId, ledgerId } from '../../models/identity.ts';
import { postgresBinaries, startPostgres } from '../postgres.ts';
import { MAIN, plainEnvironment, type Said } from './command.ts';

const BUILT = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const SECRET = 'a secret that nobody knows';
const LEDGER = ledgerId(1);

let folder: string;
const children = new Set<ChildProcess>();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squall-relay-process-'));
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  rmSync(folder, { recursive: true, force: true });
});

interface Started {
  readonly child: ChildProcess;
  readonly said: { stdout: string; stderr: string };
  /** Resolves when it has ended, with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

function begin(
  args: readonly string[],
  env: NodeJS.ProcessEnv = { SQUALL_TOKEN_SECRET: SECRET },
  main = MAIN,
): Started {
  const child = spawn(process.execPath, [main, 'relay', ...args], {
    cwd: folder,
    env: { ...plainEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 100_000,
    killSignal: 'SIGKILL',
  });
  children.add(child);
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? signal!));
  });
  return { child, said, ended };
}

/** Runs the command until it ends by itself. */
async function ends(...begun: Parameters<typeof begin>): Promise<Omit<Said, 'status'> & { status: unknown }> {
  const { said, ended } = begin(...begun);
  const status = await ended;
  return { status, ...said };
}

/** Starts a relay and gives where it listens, as it says. */
async function serving(...begun: Parameters<typeof begin>): Promise<Started & { url: string }> {
  const started = begin(...begun);
  const { child, said, ended } = started;
  const told = (async () => {
    while (!said.stdout.includes('\n')) await once(child.stdout!, 'data');
  })();
  await Promise.race([told, ended]);
  const [, url] = /^squall \S+ · relay at (http:\S+) · /.exec(said.stdout) ?? [];
  if (url === undefined) throw new Error(`the relay does not listen: ${said.stdout}${said.stderr}`);
  return { ...started, url };
}

async function stop({ child, ended }: Started): Promise<number | NodeJS.Signals> {
  child.kill('SIGTERM');
  return ended;
}

const FREE = ['--port', '0', '--rate-limit', '0'];
const FILE = [...FREE, '--store', 'sqlite:relay.db'];

function change(device: number, sequence: number) {
  return {
    id: changeId(device, 0, sequence),
    entity_type: 'transaction',
    entity_id: `entity-${device}-${sequence}`,
    operation: 'CREATE',
    encrypted_payload: Buffer.from(`payload ${device} ${sequence}`).toString('base64'),
    timestamp: 1_767_225_600_000 + sequence,
    actor: actorId(device, 0),
    sequence,
  };
}

async function post(url: string, what: 'push' | 'pull', body: object, token?: string): Promise<Response> {
  return fetch(`${url}/sync/${what}`, {
    method: 'POST',
    body: JSON.stringify({ protocol_version: '1.1.0', ledger_id: LEDGER, ...body }),
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
  });
}

const push = (url: string, device: number, sequences: readonly number[], token?: string): Promise<Response> =>
  post(
    url,
    'push',
    { device_id: deviceId(device), timestamp: 1, changes: sequences.map((sequence) => change(device, sequence)) },
    token,
  );

interface Page {
  changes: { id: string }[];
  cursor: string;
  has_more: boolean;
}

/** The ids of all changes of the ledger, in the order in which they are handed out. */
async function pullAll(url: string, token?: string): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  for (;;) {
    const body = { device_id: deviceId(999), ...(cursor === undefined ? {} : { cursor }) };
    const answer = await post(url, 'pull', body, token);
    expect(answer.status).toBe(200);
    const page = (await answer.json()) as Page;
    ids.push(...page.changes.map(({ id }) => id));
    ({ cursor } = page);
    if (!page.has_more) return ids;
  }
}

async function tokenFor(ledger: string): Promise<string> {
  const { status, stdout, stderr } = await ends(['token', ledger]);
  expect([status, stderr]).toEqual([0, '']);
  return stdout.trimEnd();
}

describe.each([
  ['from its sources', MAIN],
  ['as it is built', BUILT],
])('a relay %s', (_how, main) => {
  it.skipIf(!existsSync(main))(
    'takes pushes, hands them out, asks for tokens, and has all of it when it starts again',
    async () => {
      const token = await tokenFor(LEDGER);
      const first = await serving(FILE, undefined, main);
      expect(first.said.stdout).toMatch(/ · store sqlite:relay\.db · a token for each ledger\n$/);
      expect((await push(first.url, 7, [1, 2])).status).toBe(401);
      expect((await push(first.url, 7, [1, 2], await tokenFor('another-ledger'))).status).toBe(403);
      expect((await push(first.url, 7, [1, 2], token)).status).toBe(200);
      const ids = [change(7, 1).id, change(7, 2).id];
      expect(await pullAll(first.url, token)).toEqual(ids);
      expect(await stop(first)).toBe(0);

      const second = await serving(FILE, undefined, main);
      expect(await pullAll(second.url, token)).toEqual(ids);
      expect((await push(second.url, 7, [2, 3], token)).status).toBe(200);
      expect(await pullAll(second.url, token)).toEqual([...ids, change(7, 3).id]);
      expect(await stop(second)).toBe(0);

      const lines = `${first.said.stderr}${second.said.stderr}`.trimEnd().split('\n');
      const logged = lines.map((line) => JSON.parse(line) as { msg: string; status?: number });
      expect(logged.filter(({ msg }) => msg === 'request').map(({ status }) => status)).toEqual([
        401, 403, 200, 200, 200, 200, 200,
      ]);
      for (const { said } of [first, second]) {
        expect(said.stdout + said.stderr).not.toMatch(/a secret that|s1\.|cGF5bG9hZ/);
      }
    },
  );
});

describe('the end of a relay', () => {
  it('loses nothing that was acknowledged when it comes amid pushes, and stores nothing twice', async () => {
    const relay = await serving([...FILE, '--open', '--log-level', 'silent'], {});
    const acknowledged: string[] = [];
    const refused: number[] = [];
    const user = async (device: number): Promise<void> => {
      for (let sequence = 1; ; sequence += 3) {
        const answer = await push(relay.url, device, [sequence, sequence + 1, sequence + 2]).catch(() => undefined);
        if (answer === undefined) return;
        if (answer.status !== 200) {
          refused.push(answer.status);
          return;
        }
        const { accepted } = (await answer.json()) as { accepted: string[] };
        expect(accepted).toHaveLength(3);
        acknowledged.push(...accepted);
        if (acknowledged.length === 300) relay.child.kill('SIGTERM');
      }
    };
    const users = Promise.all(Array.from({ length: 12 }, (_, device) => user(device + 1)));
    expect(await relay.ended).toBe(0);
    await users;
    expect(acknowledged.length).toBeGreaterThanOrEqual(300);
    for (const status of refused) expect(status).toBe(503);

    const again = await serving([...FILE, '--open'], {});
    const kept = await pullAll(again.url);
    expect(new Set(kept).size).toBe(kept.length);
    const missing = acknowledged.filter((id) => !kept.includes(id));
    expect(missing).toEqual([]);
    expect(await stop(again)).toBe(0);
  });

  /** A push of which the relay has the head and waits for the body; `answer` is all that comes back. */
  async function halfPushed(url: string, body: string) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    const head = `POST /sync/push HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
    socket.write(`${head}\r\nExpect: 100-continue\r\n\r\n`);
    expect(String((await once(socket, 'data'))[0])).toContain('100 Continue');
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk)));
    const answer = once(socket, 'close').then(() => text);
    return { socket, answer };
  }

  const heard = async ({ child, said }: Started, what: string): Promise<void> => {
    while (!said.stderr.includes(what)) await once(child.stderr!, 'data');
  };

  it('waits for a push that is under way, and keeps it', async () => {
    const relay = await serving([...FILE, '--open'], {});
    const sent = { protocol_version: '1.1.0', ledger_id: LEDGER, device_id: deviceId(7), timestamp: 1 };
    const body = JSON.stringify({ ...sent, changes: [change(7, 1)] });
    const { socket, answer } = await halfPushed(relay.url, body);
    relay.child.kill('SIGTERM');
    await heard(relay, '"msg":"stopping"');
    socket.write(body);
    expect(await answer).toMatch(/^HTTP\/1\.1 200 [^]*"accepted":\["/);
    expect(await relay.ended).toBe(0);
    const again = await serving([...FILE, '--open'], {});
    expect(await pullAll(again.url)).toEqual([change(7, 1).id]);
  });

  it('comes at once with a second interrupt', async () => {
    const relay = await serving([...FILE, '--open'], {});
    const { socket } = await halfPushed(relay.url, '{}');
    relay.child.kill('SIGINT');
    await heard(relay, '"msg":"stopping"');
    expect(relay.child.exitCode).toBeNull();
    relay.child.kill('SIGINT');
    expect(await relay.ended).toBe('SIGINT');
    expect(relay.said.stderr).not.toContain('"msg":"stopped"');
    socket.destroy();
  });
});

describe('what a relay cannot do is one line, and 2', () => {
  it('a port that is taken', async () => {
    const { url } = await serving([...FREE, '--store', 'sqlite::memory:']);
    const { port } = new URL(url);
    expect(await ends(['--port', port, '--store', 'sqlite::memory:'])).toEqual({
      status: 2,
      stdout: '',
      stderr: `ERR_CONFIG --port: got ${port}, expected one that nobody listens on\n`,
    });
  });

  it.each([
    ['a file that is no database', 'sqlite:letter.txt', /^ERR_FILE --store: got "sqlite:letter.txt", expected .*\n$/],
    ['a folder that is missing', 'sqlite:none/relay.db', /^ERR_FILE --store: .*\n$/],
    ['no kind of store', 'relay.db', /^ERR_CONFIG --store: got "relay.db", expected sqlite:.*\n$/],
    ['a server that is missing', 'postgres://me:HIDDEN@127.0.0.1:1/db', /^ERR_CONFIG --store: .*ECONNREFUSED.*\n$/],
  ])('%s', async (_what, store, line) => {
    const letter = 'Dear reader, this is no database, and is to stay as it is.\n'.repeat(100);
    writeFileSync(join(folder, 'letter.txt'), letter);
    const { status, stdout, stderr } = await ends([...FREE, '--store', store]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(line);
    expect(stderr.match(/\n/g)).toHaveLength(1);
    expect(stderr).not.toContain('HIDDEN');
    expect(readFileSync(join(folder, 'letter.txt'), 'utf8')).toBe(letter);
  });

  it('no secret, or an open relay for other machines', async () => {
    const none = await ends(FILE, { SQUALL_TOKEN_SECRET: '' });
    expect([none.status, none.stdout]).toEqual([2, '']);
    expect(none.stderr).toMatch(/^ERR_CONFIG SQUALL_TOKEN_SECRET: got nothing, .*--open .*\n$/);
    const open = await ends([...FILE, '--open', '--host', '0.0.0.0']);
    expect([open.status, open.stdout]).toEqual([2, '']);
    expect(open.stderr).toMatch(/^ERR_CONFIG --host: got "0\.0\.0\.0", expected a loopback address.*\n$/);
    expect(existsSync(join(folder, 'relay.db'))).toBe(false);
  });
});

it.skipIf(postgresBinaries() === undefined)(
  'two relays on one Postgres hand out what either took, and show no password',
  async () => {
    const postgres = (await startPostgres())!;
    try {
      const store = postgres.url.replace('postgres@', 'postgres:HIDDEN@');
      expect(store).toContain(':HIDDEN@');
      const relays = await Promise.all([0, 1].map(async () => serving([...FREE, '--open', '--store', store], {})));
      const [one, two] = [relays[0]!, relays[1]!];
      expect(one.said.stdout).toContain(' · store postgres://postgres:***@/postgres?');
      const answers = await Promise.all([push(one.url, 7, [1, 2, 3]), push(two.url, 8, [1, 2, 3])]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      const kept = await pullAll(one.url);
      expect(kept).toHaveLength(6);
      expect(await pullAll(two.url)).toEqual(kept);
      for (const relay of relays) {
        expect(await stop(relay)).toBe(0);
        expect(relay.said.stdout + relay.said.stderr).not.toContain('HIDDEN');
      }
    } finally {
      await postgres.stop();
    }
  },
);

const hasCurl = spawnSync('curl', ['--version']).status === 0;

it.skipIf(!hasCurl)('the requests that are documented are answered as the page says', async () => {
  const page = readFileSync(new URL('../../docs/relay.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/```(\w+)\n([^]*?)\n```/g)].map(([, kind, text]) => ({ kind, text: text! }));
  const relay = await serving(FILE);
  const token = await tokenFor('household-1');
  /** Without what differs from run to run: the instant of the answer, and what else is timed. */
  const constant = (answer: string): unknown => {
    const { timestamp, uptime_seconds: _uptime, ...rest } = JSON.parse(answer) as Record<string, unknown>;
    expect(timestamp).toBeGreaterThan(1_767_225_600_000);
    return 'database' in rest ? { ...rest, database: (rest['database'] as { status: string }).status } : rest;
  };
  let requests = 0;
  for (const [index, { kind, text }] of blocks.entries()) {
    if (kind !== 'sh' || !text.startsWith('curl ')) continue;
    const script = text.replaceAll('http://127.0.0.1:8787', relay.url).replaceAll('curl ', 'curl -sS --fail ');
    const child = spawn('sh', ['-ec', script], {
      env: { ...process.env, TOKEN: token },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stdout.on('data', (chunk) => (said += String(chunk)));
    child.stderr.on('data', (chunk) => (said += String(chunk)));
    const [status] = (await once(child, 'close')) as [number];
    expect([said, status]).toEqual([said, 0]);
    const after = blocks[index + 1];
    if (after?.kind === 'json' && said !== '') expect(constant(said)).toEqual(constant(after.text));
    requests += text.split('curl ').length - 1;
  }
  expect(requests).toBe(5);
});
