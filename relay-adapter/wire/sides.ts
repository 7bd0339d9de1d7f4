// Real relays for runs: wires that are kept from one run to the next, the secrets of this process, and what it may drive.
// It must not know what a run asks.

import { createHash, randomBytes } from 'node:crypto';
import { InputError } from '../../sim/errors.ts';
import type { RelayPort } from '../port.ts';
import { isLoopback } from '../loopback.ts';
import { signToken } from '../server/tokens.ts';
import type { SideAccess } from './access.ts';
import { WireBodies } from './bodies.ts';
import { hider } from './hiding.ts';
import { realPort, type RealPortOptions } from './real-port.ts';
import { aesSealer, plainSealer } from './sealing.ts';
import type { Wire, WireTarget } from './wire.ts';
import { openWire } from './wire-thread.ts';

type Address = Extract<WireTarget, { kind: 'http' }>;

/** A ledger and a device that no run has, to ask for. */
const NOBODY = 0xffff_ffff;

/** A relay that a run asks for. */
export type RelaySide =
  | { readonly kind: 'inject' | 'spawn' }
  | { readonly kind: 'http'; readonly origin: string; readonly path: string };

export interface RelaySideOptions extends Pick<
  RealPortOptions,
  'dialect' | 'reference' | 'table' | 'isMember' | 'membersOf' | 'nowUs' | 'nowMs'
> {
  readonly pageSize: number;
  readonly isSealed: boolean;
  readonly store: 'sqlite' | 'postgres';
  readonly pathPrefix: string;
  readonly access: SideAccess;
  /** A text that differs between any two runs that may differ, as far as the run itself knows. */
  readonly identity: string;
  /** Whether it knows: then the same run has the same keys. */
  readonly isRepeatable: boolean;
}

/** Secrets of this process where nobody gave any; threads of one process each have their own relays. */
const made = { tokens: '', payloads: '' };

/** Secret that tokens are signed with. */
function tokenSecret(): string {
  return process.env['SQUALL_TOKEN_SECRET'] ?? (made.tokens ||= randomBytes(32).toString('base64url'));
}

/** Secret that keys of payloads come from. */
export function payloadSecret(): string {
  return process.env['SQUALL_PAYLOAD_KEY'] ?? (made.payloads ||= randomBytes(32).toString('base64url'));
}

/** The secret of a relay at an address, if it has one. */
function remoteSecret(): string | undefined {
  return process.env['SQUALL_TOKEN_SECRET'];
}

/** Wires that no run uses now, by target. */
const idle = new Map<string, Wire[]>();
const all = new Set<Wire>();

/**
 * Where requests to a side go, if they may go there.
 * @throws InputError for an address that is no loopback's, where that was not allowed
 */
export function targetOf(side: RelaySide, pathPrefix: string, { allowRemote, headers }: SideAccess): WireTarget {
  if (side.kind !== 'http') return { kind: side.kind };
  const { origin, path } = side;
  if (!allowRemote && !isLoopback(origin)) {
    throw new InputError('--side', origin, 'an address of this machine (127.0.0.1, ::1, localhost), or --allow-remote');
  }
  return { kind: 'http', origin, pathPrefix: `${path}${pathPrefix}`, headers };
}

/** A relay that was opened, and how it is spoken to. */
export interface OpenedSide extends Pick<RealPortOptions, 'wire' | 'bodies' | 'tokenOf' | 'hide'> {
  /** Lets another run have the wire. */
  readonly giveBack: () => void;
}

/** Reaches what a run asks for. */
export function reachSide(side: RelaySide, options: RelaySideOptions): OpenedSide {
  const target = targetOf(side, options.pathPrefix, options.access);
  const isOurs = target.kind !== 'http';
  const { dialect, pageSize, table, isSealed, identity } = options;
  // An account of 1.0 is a device: the published protocol knows no tokens.
  const secret = dialect === '1.0' ? undefined : isOurs ? tokenSecret() : remoteSecret();
  const store = isOurs ? storeOf(options.store) : undefined;
  const wire = takeWire(target);
  const namespace = isOurs ? 0 : randomBytes(4).readUInt32BE() || 1;
  const chance = options.isRepeatable ? '' : randomBytes(16).toString('base64url');
  const salt = createHash('sha256').update(`${namespace} ${chance} ${identity}`).digest('base64url');
  const payloads = payloadSecret();
  const sealer = isSealed ? aesSealer(payloads, salt) : plainSealer();
  const bodies = new WireBodies({ namespace, sealer, dialect, table });
  const tokens = new Map<number, string>();
  const tokenOf = (ledger: number): string | undefined => {
    if (secret === undefined) return undefined;
    let token = tokens.get(ledger);
    if (token === undefined)
      tokens.set(ledger, (token = signToken(secret, bodies.ledgerId(ledger), undefined, 'operator')));
    return token;
  };
  try {
    if (store !== undefined) wire.command({ name: 'open', options: { tokenSecret: secret, pageSize, store } });
    if (target.kind === 'http') {
      const nobody = { ledger: NOBODY, device: NOBODY, cause: 0, attempt: 0, page: 0, serial: 0, bytes: 0 };
      probe(wire, target, tokenOf(NOBODY), bodies.pull({ kind: 'pull', since: 0, ...nobody }, undefined));
    }
  } catch (error) {
    // What was refused may be asked for again, and the thread is as good as before.
    if (error instanceof InputError) giveBack(wire);
    throw error;
  }
  const headers = target.kind === 'http' ? Object.values(target.headers) : [];
  const hide = hider(() => [...tokens.values(), ...headers, ...(secret === undefined ? [] : [secret]), payloads]);
  return { wire, bodies, tokenOf, hide, giveBack: () => giveBack(wire) };
}

/** Opens a relay's side for one run; `dispose` of the port gives it back. */
export function openRelaySide(side: RelaySide, options: RelaySideOptions): RelayPort {
  const { giveBack: dispose, ...opened } = reachSide(side, options);
  return { ...realPort({ ...options, ...opened }), dispose };
}

/** Ends all wires of this thread, with the relays behind them. */
export function closeSides(): void {
  for (const wire of all) wire.close();
  all.clear();
  idle.clear();
}

function takeWire(target: WireTarget): Wire {
  const waiting = idle.get(JSON.stringify(target))?.pop();
  if (waiting !== undefined) return waiting;
  if (all.size === 0) process.once('exit', closeSides);
  const wire = openWire(target);
  all.add(wire);
  return wire;
}

function giveBack(wire: Wire): void {
  if (wire.isDead) {
    // What it has to say belongs to a run that is over.
    all.delete(wire);
    wire.close();
    return;
  }
  const key = JSON.stringify(wire.target);
  const waiting = idle.get(key);
  if (waiting === undefined) idle.set(key, [wire]);
  else if (!waiting.includes(wire)) waiting.push(wire);
}

/** The address of what a relay keeps its log in. */
function storeOf(store: 'sqlite' | 'postgres'): string {
  if (store === 'sqlite') return store;
  const address = process.env['SQUALL_POSTGRES_URL'];
  if (address !== undefined) return address;
  throw new InputError('SQUALL_POSTGRES_URL', undefined, 'the address of a Postgres, for wire.store=postgres');
}

/**
 * Asks a relay at an address for a ledger that there is not, so that what nobody can run against is bad input, and not a
 * finding.
 */
function probe(wire: Wire, { origin, pathPrefix }: Address, token: string | undefined, body: string): void {
  const { status, error } = wire.request({ method: 'POST', path: '/sync/pull', token, body });
  const refuse = (expected: string): never => {
    throw new InputError('--side', `${origin}${pathPrefix}`, expected);
  };
  if (status === 0) refuse(`a relay that answers (${error ?? 'no answer'})`);
  if (status === 401 || status === 403) {
    const lacking =
      token === undefined ? 'there is no SQUALL_TOKEN_SECRET' : 'its own SQUALL_TOKEN_SECRET is another one';
    refuse(`a relay that lets us in: it answered ${status} (${lacking}; or it wants a --header)`);
  }
  if (status === 404 || status === 405) refuse(`a relay: it answered POST ${pathPrefix}/sync/pull with ${status}`);
  if (status === 429) refuse('a relay that takes more requests: it answered 429 (squall relay --rate-limit 0)');
}
