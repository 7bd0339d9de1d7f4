// `squall relay`: serves the real relay until it is interrupted, and signs tokens for it. It must not know routes, nor how
// a store keeps a change.
import { decodeId } from '../../relay-adapter/protocol-codec.ts';
import { accountLedger } from '../../relay-adapter/server/account.ts';
import type { ServedRelay } from '../../relay-adapter/server/serve.ts';
import { shownStore } from '../../relay-adapter/server/shown-store.ts';
import { TOOL } from '../../scenarios/version.ts';
import { InputError } from '../../sim/errors.ts';
import { answersItself } from '../asked.ts';
import { flagHelp, flagsOf, type OwnFlagName } from '../command-flags.ts';
import { type Arguments, parseArguments } from '../flags.ts';
import type { Io } from '../io.ts';
import { type RelaySettings, relaySettings, tokenSecretOf } from '../relay-options.ts';

/** Flags that a token takes too; all others are for serving. */
const TOKEN_FLAGS: readonly string[] = ['account', 'expires', 'help', 'version'];
/** Longest life of a token that is to end: a hundred years. */
const EXPIRES_MS_MAX = 36_500 * 86_400_000;

/**
 * Serves a relay until the first interrupt, or prints a token.
 * @param args what stands after `squall relay`
 * @param epochNowMs real time, milliseconds since 1970
 * @returns the exit code
 * @throws InputError before anything was served
 */
export async function relayCommand(args: readonly string[], io: Io, epochNowMs = Date.now): Promise<number> {
  const parsed = parseArguments('relay', args);
  if (await answersItself(parsed, io, helpText)) return 0;
  const account = parsed.text('account');
  const [what, ledger] = parsed.positionals;
  if (what === 'token') return printToken(parsed, tokenLedger(ledger, account), io, epochNowMs());
  if (account !== undefined) {
    throw new InputError('--account', account, 'a token that it is for: squall relay token --account <device>');
  }
  if (what !== undefined) {
    throw new InputError('argument', what, 'token <ledger> for a token, or nothing to serve');
  }
  if (parsed.has('expires')) {
    throw new InputError('--expires', parsed.text('expires'), 'a token that it is for: squall relay token <ledger>');
  }
  return serveUntilInterrupted(relaySettings(parsed, io.env), !parsed.has('quiet'), io);
}

/** The ledger that a token is to open: one of 1.1, or the account of a device of 1.0. */
function tokenLedger(ledger: string | undefined, account: string | undefined): string {
  if (account === undefined) {
    const decoded = decodeId(ledger, 'ledger');
    if (decoded.ok) return decoded.value;
    throw new InputError('ledger', ledger, 'the id of a ledger, 1–128 letters, digits or . _ : -');
  }
  if (ledger !== undefined) throw new InputError('--account', account, 'a ledger or an account, not both');
  const decoded = decodeId(account, 'account');
  if (decoded.ok) return accountLedger(decoded.value);
  throw new InputError('--account', account, 'the id of a device, 1–128 letters, digits or . _ : -');
}

async function printToken(parsed: Arguments, ledger: string, io: Io, nowMs: number): Promise<number> {
  for (const flag of flagsOf('relay')) {
    if (!TOKEN_FLAGS.includes(flag) && parsed.has(flag as OwnFlagName)) {
      throw new InputError(
        `--${flag}`,
        undefined,
        'no such flag with squall relay token, which takes --account and --expires',
      );
    }
  }
  const livesMs = parsed.durationMs('expires');
  if (livesMs !== undefined && livesMs > EXPIRES_MS_MAX) {
    throw new InputError('--expires', parsed.text('expires'), 'at most 36500d');
  }
  const secret = tokenSecretOf(io.env);
  const { signToken } = await import('../../relay-adapter/server/tokens.ts');
  const expiresAtMs = livesMs === undefined ? undefined : Math.floor(nowMs + livesMs);
  io.out(`${signToken(secret, ledger, expiresAtMs)}\n`);
  return 0;
}

async function serveUntilInterrupted(settings: RelaySettings, isTold: boolean, io: Io): Promise<number> {
  const relay = await start(settings, io);
  const interrupted = new Promise<void>((resolve) => io.onInterrupt(resolve));
  if (isTold) {
    const who = settings.tokenSecret === undefined ? 'open, without tokens' : 'a token for each ledger';
    io.out(`squall ${TOOL.version} · relay at ${relay.url} · store ${shownStore(settings.store)} · ${who}\n`);
  }
  await interrupted;
  relay.app.log.info('stopping');
  await relay.close();
  relay.app.log.info('stopped');
  return 0;
}

async function start({ store: spec, ...settings }: RelaySettings, io: Io): Promise<ServedRelay> {
  const { openStore } = await import('../../relay-adapter/server/open-store.ts');
  const { serve } = await import('../../relay-adapter/server/serve.ts');
  const store = await openStore(spec).catch((error: unknown) => {
    throw error instanceof InputError ? new InputError('--store', shownStore(spec), error.expected, error.code) : error;
  });
  try {
    return await serve({ ...settings, store, logStream: { write: (line) => io.err(line) } });
  } catch (error) {
    await store.close();
    // What `serve` calls host and port was typed as flags.
    throw error instanceof InputError ? new InputError(`--${error.field}`, error.received, error.expected) : error;
  }
}

function helpText(): string {
  return [
    'squall relay [flags]                                       serves a relay until Ctrl-C or SIGTERM',
    'squall relay token <ledger> [--expires <time>]             prints a token that opens the ledger',
    'squall relay token --account <device> [--expires <time>]   the same for a device’s account of protocol 1.0',
    '',
    ...flagHelp('relay'),
    '',
    'SQUALL_TOKEN_SECRET is the secret that tokens are signed with, 16 characters or more.',
    'The line that says where it listens goes to standard output, logs as JSON lines to standard error.',
    '',
    'exit codes: 0 stopped after what was under way, 2 bad input, a port that is taken or a store that cannot be opened,',
    '            3 a bug, 130 a second Ctrl-C while it stops',
    '',
  ].join('\n');
}
