// Several instances of the relay on one Postgres behind nginx, as people run it: all of it started here, on the loopback, in
// a folder of its own, and ended with this process. It must not know what is sent through it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../postgres.ts';

const NGINX = '/usr/sbin/nginx';
const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

/** How nginx spreads requests. */
export type Balancing = 'round-robin' | 'least-connections' | 'ledger-hash';

export interface Cluster {
  /** Of nginx. */
  readonly url: string;
  /** Processes of the instances, for those who measure or kill one. */
  readonly instances: readonly { readonly url: string; readonly pid: number; kill(): Promise<void> }[];
  stop(): Promise<void>;
}

/** Whether Debian's nginx is here; where SQUALL_NEED_NGINX says that nothing may be skipped for it, it must be. */
export function hasNginx(): boolean {
  const isThere = existsSync(NGINX);
  if (!isThere && process.env['SQUALL_NEED_NGINX'] === '1') throw new Error(`no ${NGINX}`);
  return isThere;
}

/** Starts it; undefined where nginx or Postgres is missing. */
export async function startCluster(instances: number, balancing: Balancing): Promise<Cluster | undefined> {
  if (!hasNginx()) return undefined;
  const postgres = await startPostgres();
  if (postgres === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'squall-nginx-'));
  // nginx's workers give up root and still have to reach what lies here.
  chmodSync(folder, 0o755);
  const relays: Relay[] = [];
  let nginx: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    await Promise.all([nginx, ...relays.map(({ child }) => child)].map(ended));
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (let instance = 0; instance < instances; instance++) relays.push(await startRelay(postgres.url, folder));
    const port = await freePort();
    const file = join(folder, 'nginx.conf');
    const urls = relays.map((relay) => relay.url);
    writeFileSync(file, configOf({ folder, port, urls, balancing }));
    nginx = spawn(NGINX, ['-p', folder, '-c', file, '-e', join(folder, 'error.log')], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const url = `http://127.0.0.1:${port}`;
    await answers(url);
    return {
      url,
      instances: relays.map(({ url: own, child }) => ({ url: own, pid: child.pid!, kill: () => killed(child) })),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Relay {
  readonly url: string;
  readonly child: ChildProcess;
}

async function startRelay(store: string, folder: string): Promise<Relay> {
  const args = ['relay', '--store', store, '--port', '0', '--open', '--log-level', 'warn'];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  for await (const chunk of child.stdout) {
    said += String(chunk);
    const [, url] = /relay at (http:\S+) · /.exec(said) ?? [];
    if (url === undefined) continue;
    child.stdout.resume();
    return { url, child };
  }
  throw new Error(`the relay did not start: ${said}`);
}

function configOf(parts: { folder: string; port: number; urls: readonly string[]; balancing: Balancing }): string {
  const { folder, port, urls, balancing } = parts;
  const rule = {
    'round-robin': '',
    'least-connections': 'least_conn;',
    'ledger-hash': 'hash $http_authorization consistent;',
  };
  const servers = urls.map((url) => `    server ${url.replace('http://', '')} max_fails=1 fail_timeout=5s;`);
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return [
    'daemon off;',
    'worker_processes 1;',
    `pid ${folder}/nginx.pid;`,
    'events { worker_connections 4096; }',
    'http {',
    '  access_log off;',
    ...paths.map((name) => `  ${name}_temp_path ${folder}/${name};`),
    '  client_max_body_size 12m;',
    '  map $http_upgrade $connection_upgrade { default upgrade; "" ""; }',
    '  upstream relays {',
    ...(rule[balancing] === '' ? [] : [`    ${rule[balancing]}`]),
    ...servers,
    '    keepalive 128;',
    '  }',
    '  server {',
    `    listen 127.0.0.1:${port};`,
    '    location / {',
    '      proxy_pass http://relays;',
    '      proxy_http_version 1.1;',
    '      proxy_set_header Upgrade $http_upgrade;',
    '      proxy_set_header Connection $connection_upgrade;',
    '      proxy_set_header Host $host;',
    '      proxy_read_timeout 1h;',
    '    }',
    '  }',
    '}',
    '',
  ].join('\n');
}

/** A port of the loopback that is free now. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

/** Waits until something answers, for at most ten seconds. */
async function answers(url: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      const response = await fetch(`${url}/health`);
      if (response.ok) return;
    } catch (error) {
      if (attempt === 100) throw error;
    }
    if (attempt === 100) throw new Error(`${url} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

async function killed(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
