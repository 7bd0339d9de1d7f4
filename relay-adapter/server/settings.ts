// What a relay may be set to, and what it is set to where nothing is said: light enough for those who only ask. It must
// not know what a setting does.

/** Requests of each token and of each address in a minute; 0 is no limit. */
export const RATE_LIMIT_DEFAULT = 60;
/** Bytes of the largest body that may be allowed. */
export const BODY_LIMIT_BYTES_MAX = 2 ** 30;
export const REGION_DEFAULT = 'local';
/** The first is the default. */
export const MEMBERSHIP_RULES = ['contact', 'listed'] as const;
/** `contact`: whoever pushes or pulls; `listed`: only who was put. Either way a ledger's token alone opens the ledger. */
export type MembershipRule = (typeof MEMBERSHIP_RULES)[number];
/** Levels of pino, and none of them. */
export const LOG_LEVELS: readonly string[] = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'];
/** In words, the specs that a store can have. */
export const STORE_SPECS = 'sqlite:<file>, sqlite::memory: or postgres://<user>@<host>/<database>';

/** The kind of store that a spec names; undefined where it names none. */
export function storeKind(spec: string): 'sqlite' | 'postgres' | undefined {
  if (/^sqlite:./s.test(spec)) return 'sqlite';
  return /^postgres(ql)?:\/\//.test(spec) ? 'postgres' : undefined;
}
