// What a calibration measures with: the relay, the driver and a server that does nothing, each in a process of its own. It
// must not know which steps there are.
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { HttpClient } from '../../relay-adapter/load/http-client.ts';
import type { SideAccess } from '../../relay-adapter/wire/access.ts';
import type { ChildAnswer, ChildQuestion } from '../../relay-adapter/wire/relay-child.ts';
import { ScratchStores } from '../../relay-adapter/wire/scratch-store.ts';
import { type RelaySide, targetOf } from '../../relay-adapter/wire/sides.ts';
import { startRelay } from '../../relay-adapter/wire/spawn-backend.ts';
import { InputError } from '../../sim/errors.ts';
import type { DriverAnswer, DriverQuestion } from './driver-process.ts';
import type { DrivenStep, DriverTarget, StepOrder } from './driver.ts';

/** What is measured. */
export interface BenchOptions {
  readonly side: RelaySide;
  readonly pathPrefix: string;
  readonly access: SideAccess;
  /** Secret of a relay at an address; undefined where it asks for no tokens. */
  readonly secret: string | undefined;
}

export interface Bench {
  /** How the relay calls itself: what /version and its figures say. */
  readonly relay: { readonly side: string; readonly version: string | undefined; readonly store: string | undefined };
  /** Carries out a step against the relay, or against the server that does nothing. */
  drive(kind: 'step' | 'echo', order: StepOrder): Promise<DrivenStep>;
  close(): Promise<void>;
}

const PAGE_SIZE = 100;
const PROBE_MS = 5000;

/** @throws InputError where the relay cannot be reached or does not let the driver in */
export async function openBench({ side, pathPrefix, access, secret }: BenchOptions): Promise<Bench> {
  const children: ChildProcess[] = [];
  const stores = new ScratchStores();
  const close = async (): Promise<void> => {
    // The relay lets go of its store when its parent does; the others have nothing to end.
    await Promise.all(children.map(ended));
    stores.close();
  };
  try {
    const wire = targetOf(side, pathPrefix, access);
    let address: Omit<DriverTarget, 'hasMetrics'>;
    let token = secret;
    if (wire.kind === 'http') {
      const { origin, headers } = wire;
      address = { origin, pathPrefix: wire.pathPrefix.replace(/\/$/, ''), headers, pid: undefined };
    } else {
      token = randomBytes(32).toString('base64url');
      const relay = startRelay();
      children.push(relay);
      const options = { tokenSecret: token, pageSize: PAGE_SIZE, store: 'sqlite' };
      const question: ChildQuestion = { kind: 'open', address: stores.next('sqlite'), options };
      const answer = await ask<ChildAnswer>(relay, question);
      if (answer.kind !== 'listening') throw new Error('the relay did not start');
      address = { origin: answer.url, pathPrefix: '', headers: {}, pid: relay.pid };
    }
    const known = await probe(address, wire.kind === 'http' ? address.origin : 'spawn');
    const target: DriverTarget = { ...address, hasMetrics: known.metrics.includes('squall_relay_') };
    const echoChild = start('echo-process');
    children.push(echoChild);
    const [port] = (await once(echoChild, 'message')) as [number];
    const echo: DriverTarget = {
      origin: `http://127.0.0.1:${port}`,
      pathPrefix: '',
      headers: {},
      pid: echoChild.pid,
      hasMetrics: false,
    };
    const driver = start('driver-process');
    children.push(driver);
    const namespace = wire.kind === 'http' ? randomBytes(4).readUInt32BE() || 1 : 0;
    const begun = await ask<DriverAnswer>(driver, {
      kind: 'begin',
      target,
      secret: token,
      namespace,
      echo,
    });
    if (begun.kind === 'failed') throw refused(address.origin, begun.message);
    return {
      relay: {
        side: wire.kind === 'http' ? `${address.origin}${address.pathPrefix}` : 'spawn',
        version: known.version,
        store: /squall_relay_build_info\{[^}]*store="([^"]*)"/.exec(known.metrics)?.[1],
      },
      async drive(kind, order) {
        const answer = await ask<DriverAnswer>(driver, { kind, order });
        if (answer.kind === 'driven') return answer.step;
        throw refused(address.origin, answer.kind === 'failed' ? answer.message : 'nothing');
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function refused(origin: string, message: string): InputError {
  return new InputError('--side', origin, `a relay that takes pushes and pulls (${message})`, 'ERR_SIDE');
}

/** Asks what it is. @throws InputError where nobody answers */
async function probe(
  { origin, pathPrefix, headers }: Omit<DriverTarget, 'hasMetrics'>,
  shown: string,
): Promise<{ version: string | undefined; metrics: string }> {
  const http = new HttpClient({ origin, pathPrefix, headers, connections: 1, timeoutMs: PROBE_MS });
  const get = async (path: string): Promise<string> =>
    new Promise((resolve, reject) => {
      http.request('GET', path, undefined, undefined, ({ status, body, error }) => {
        if (status === 0) reject(new InputError('--side', shown, `a relay that answers (${error})`, 'ERR_SIDE'));
        else resolve(status === 200 ? body : '');
      });
    });
  try {
    const version = await get('/version');
    return { version: versionIn(version), metrics: await get('/metrics') };
  } finally {
    await http.close();
  }
}

function versionIn(text: string): string | undefined {
  try {
    const { server_version: version } = JSON.parse(text) as { server_version?: unknown };
    return typeof version === 'string' ? version.slice(0, 100) : undefined;
  } catch {
    return undefined;
  }
}

function start(name: string): ChildProcess {
  const source = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const file = existsSync(source) ? source : source.replace(/\.ts$/, '.js');
  return fork(file, [], { serialization: 'advanced', execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  if (child.connected) child.disconnect();
  await exit;
}

/** @throws Error where the process ends before it answers */
function ask<Answer>(child: ChildProcess, question: ChildQuestion | DriverQuestion): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const clear = (): void => void child.off('message', give).off('exit', fail);
    const give = (answer: unknown): void => {
      clear();
      resolve(answer as Answer);
    };
    const fail = (): void => {
      clear();
      reject(new Error('a process of the calibration ended by itself'));
    };
    child.on('message', give).on('exit', fail);
    child.send(question);
  });
}
