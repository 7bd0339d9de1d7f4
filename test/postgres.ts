// A Postgres of the tests' own: Debian's binaries, a fresh folder, a private socket in it, no TCP. It must not know what
// is kept there.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface RunningPostgres {
  /** For `pg` and `--store`. */
  readonly url: string;
  stop(): Promise<void>;
}

const INSTALLED = '/usr/lib/postgresql';

/** The folder of the newest installed binaries; undefined where there are none. */
export function postgresBinaries(): string | undefined {
  const installed = existsSync(INSTALLED) ? readdirSync(INSTALLED) : [];
  const versions = installed.sort((a, b) => Number(b) - Number(a));
  const found = versions
    .map((version) => join(INSTALLED, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')));
  if (found === undefined && process.env['SQUALL_NEED_POSTGRES'] === '1') {
    throw new Error(`no Postgres in ${INSTALLED}, and SQUALL_NEED_POSTGRES says that no test may be skipped for it`);
  }
  return found;
}

/** Starts a server with durable commits; undefined where the binaries are missing. */
export async function startPostgres(): Promise<RunningPostgres | undefined> {
  const bin = postgresBinaries();
  if (bin === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'squall-postgres-'));
  const owner = ownerOfServer();
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  const settings = { ...owner, cwd: folder, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } };
  const data = join(folder, 'data');
  const init = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
  await promisify(execFile)(join(bin, 'initdb'), init, settings);
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'fsync=on', '-c', 'max_connections=200'],
    { ...settings, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  // A test run that is cut off takes its server with it.
  const kill = (): void => void server.kill('SIGINT');
  process.once('exit', kill);
  await ready(server);
  return {
    url: `postgres://postgres@/postgres?host=${encodeURIComponent(folder)}`,
    stop: async () => {
      process.off('exit', kill);
      if (server.exitCode === null && server.signalCode === null) {
        const ended = new Promise((resolve) => server.once('exit', resolve));
        kill();
        await ended;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The server does not run as root: then it is the user of the Debian package. */
function ownerOfServer(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith('postgres:'));
  if (line === undefined) throw new Error('Postgres is installed, but there is no user postgres');
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

/** Resolves when the server says that it takes connections. */
async function ready(server: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    server.stderr!.setEncoding('utf8').on('data', (text: string) => {
      if (said.length < 100_000) said += text;
      if (said.includes('ready to accept connections')) resolve();
    });
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`Postgres ended with ${code}: ${said}`)));
  });
}
