// What a person asks of a relay, read from flags and environment and judged before anything is opened. Secrets go in and
// come out as values: they stand in no text. It must not know how a relay serves.
import { isLoopbackHost } from '../relay-adapter/loopback.ts';
import { PULL_PAGE_MAX, REQUEST_BYTES_MAX } from '../relay-adapter/protocol.ts';
import {
  BODY_LIMIT_BYTES_MAX,
  LOG_LEVELS,
  MEMBERSHIP_RULES,
  type MembershipRule,
  RATE_LIMIT_DEFAULT,
  REGION_DEFAULT,
  STORE_SPECS,
  storeKind,
} from '../relay-adapter/server/settings.ts';
import { shownStore } from '../relay-adapter/server/shown-store.ts';
import { InputError } from '../sim/errors.ts';
import type { OwnFlagName } from './command-flags.ts';
import type { Arguments } from './flags.ts';
import type { Io } from './io.ts';

/** What a relay is served with. */
export interface RelaySettings {
  readonly host: string;
  /** 0 for one that is free. */
  readonly port: number;
  /** As `openStore` takes it; a password may stand in it. */
  readonly store: string;
  /** Undefined for an open relay. */
  readonly tokenSecret: string | undefined;
  readonly rateLimitPerMinute: number;
  readonly bodyLimitBytes: number;
  readonly pageSize: number;
  readonly region: string;
  readonly membership: MembershipRule;
  readonly logLevel: string;
}

export const SECRET_VARIABLE = 'SQUALL_TOKEN_SECRET';
const SECRET_LENGTH_MIN = 16;

const PORT = 8787;
const HOST = '127.0.0.1';
const STORE = 'sqlite:relay.db';
const RATE_LIMIT_MAX = 1_000_000_000;
const REGION = /^[\w.-]{1,64}$/;

/**
 * What flags and environment say of a relay.
 * @throws InputError for the first that cannot be; neither secrets nor passwords are shown
 */
export function relaySettings(parsed: Arguments, env: Io['env']): RelaySettings {
  const host = parsed.text('host') ?? HOST;
  if (host === '') throw new InputError('--host', host, 'an address of this machine');
  const asked = parsed.text('membership') ?? MEMBERSHIP_RULES[0];
  const membership = MEMBERSHIP_RULES.find((rule) => rule === asked);
  if (membership === undefined) {
    throw new InputError('--membership', asked, `one of ${MEMBERSHIP_RULES.join(', ')}`);
  }
  const region = parsed.text('region') ?? REGION_DEFAULT;
  if (!REGION.test(region)) throw new InputError('--region', region, '1–64 letters, digits or . _ -');
  const logLevel = parsed.text('log-level') ?? (parsed.has('quiet') ? 'warn' : 'info');
  if (!LOG_LEVELS.includes(logLevel)) throw new InputError('--log-level', logLevel, `one of ${LOG_LEVELS.join(', ')}`);
  return {
    host,
    port: countWithin(parsed, 'port', 0, 65_535) ?? PORT,
    store: storeOf(parsed.text('store') ?? STORE),
    rateLimitPerMinute:
      countWithin(parsed, 'rate-limit', 0, RATE_LIMIT_MAX) ??
      // An open relay is for trying things out, on this machine alone.
      (parsed.has('open') ? 0 : RATE_LIMIT_DEFAULT),
    bodyLimitBytes: bodyLimitOf(parsed.text('body-limit')),
    pageSize: countWithin(parsed, 'page-size', 1, PULL_PAGE_MAX) ?? PULL_PAGE_MAX,
    region,
    membership,
    logLevel,
    tokenSecret: parsed.has('open') ? openAt(host) : tokenSecretOf(env, ', or --open for a relay without tokens'),
  };
}

/**
 * The secret that tokens are signed with.
 * @param otherwise what else could be done where there is none
 * @throws InputError where it is missing or short
 */
export function tokenSecretOf(env: Io['env'], otherwise = ''): string {
  const secret = env[SECRET_VARIABLE] ?? '';
  const expected = `a secret of ${SECRET_LENGTH_MIN} characters or more in the environment`;
  if (secret === '') throw new InputError(SECRET_VARIABLE, undefined, `${expected}${otherwise}`);
  if (secret.length < SECRET_LENGTH_MIN) throw new InputError(SECRET_VARIABLE, '…', expected);
  return secret;
}

/** An open relay has no secret, whatever the environment says; only this machine may reach it. */
function openAt(host: string): undefined {
  if (isLoopbackHost(host)) return undefined;
  throw new InputError('--host', host, `a loopback address such as 127.0.0.1, since the relay is --open`);
}

function countWithin(parsed: Arguments, flag: OwnFlagName, least: number, most: number): number | undefined {
  const count = parsed.count(flag, least);
  if (count === undefined || count <= most) return count;
  throw new InputError(`--${flag}`, parsed.text(flag), `a whole number from ${least} to ${most}`);
}

function bodyLimitOf(text: string | undefined): number {
  if (text === undefined) return REQUEST_BYTES_MAX;
  const bytes = parseSize(text);
  if (bytes !== undefined && bytes >= 1 && bytes <= BODY_LIMIT_BYTES_MAX) return bytes;
  throw new InputError('--body-limit', text, 'a size from 1 byte to 1GB, such as 10485760, 512kB or 10MB');
}

const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30 };

/** A size in bytes: a bare number, or one with B, kB, MB or GB of 1024 each. Undefined where the text is none. */
export function parseSize(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmg]?b)?$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const bytes = Number(digits) * SIZE_UNITS[unit.toLowerCase()]!;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

function storeOf(spec: string): string {
  if (storeKind(spec) !== undefined) return spec;
  throw new InputError('--store', shownStore(spec), STORE_SPECS);
}
