// Dialect 1.0 drives a relay that somebody else has written, as published or with flaws of its own: what is wrong comes
// out as findings that say what was asked, and never as a crash.

import { afterAll, describe, expect, test } from 'vitest';
import { closeSides } from '../../relay-adapter/wire/sides.ts';
import type { SideAccess } from '../../relay-adapter/wire/access.ts';
import { exitCodeOf, type Result } from '../../scenarios/result.ts';
import { run } from '../../scenarios/run.ts';
import type { Flaw } from './flawed-relay.ts';
import { flawedRelays } from './flawed-relays.ts';

const relays = flawedRelays();
afterAll(async () => {
  closeSides();
  await relays.stop();
});

const SEED = '7';

async function stormOn(side: string, more: object = {}, access?: SideAccess): Promise<Result> {
  const config = { dialect: '1.0', oracles: 'all', side, ...more } as const;
  return (await run({ scenario: 'crdt-conflicts', profile: 'storm', seed: SEED, config, access })).result;
}

const signatures = ({ findings }: Result): string[] => findings.map(({ signature }) => signature);
const protocolOf = ({ findings }: Result) => findings.filter(({ oracle }) => oracle === 'protocol');
/** What people read of a finding of the protocol. */
const textOf = (result: Result, kind: string): string => {
  const { request, expected, got } = protocolOf(result).find(
    ({ signature }) => signature === `protocol:${kind}`,
  )!.detail;
  return `${String(request)} | ${String(expected)} | ${String(got)}`;
};

describe('a relay as published', () => {
  test('has the findings that 1.0 itself has, and the hashes of the model', async () => {
    const model = await stormOn('model');
    const real = await stormOn(await relays.start());
    expect(signatures(model)).toContain('delivery:never-delivered');
    expect(signatures(real)).toEqual(signatures(model));
    expect([real.protocolHash, real.traceHash]).toEqual([model.protocolHash, model.traceHash]);
  });

  test.each(['wrong-content-type', 'extra-keys', 'closes'] as const)('%s makes no difference', async (flaw) => {
    const model = await stormOn('model');
    const real = await stormOn(await relays.start({ flaw }));
    expect(signatures(real)).toEqual(signatures(model));
    expect(real.protocolHash).toBe(model.protocolHash);
  });

  test('stands behind a prefix, and asks for a header', async () => {
    const header = ['x-api-key', 'a key of the tests'] as const;
    const side = await relays.start({ prefix: '/api', header });
    const model = await stormOn('model');
    const access = { allowRemote: false, headers: { 'x-api-key': 'a key of the tests' } };
    const real = await stormOn(side, { wire: { pathPrefix: '/api' } }, access);
    expect(signatures(real)).toEqual(signatures(model));
    // Who cannot get in, or asks where there is no relay, has found nothing: it is bad input.
    const refused = stormOn(side, { wire: { pathPrefix: '/api' } }, { allowRemote: false, headers: {} });
    await expect(refused).rejects.toThrow(/^ERR_CONFIG --side: .*: it answered 401 .*--header\)$/);
    await expect(stormOn(side, {}, access)).rejects.toThrow(/^ERR_CONFIG --side: .* with 404$/);
  });
});

/** What each flaw is found as, and what is said of it. */
const FOUND: readonly [Flaw, kind: string, text: RegExp][] = [
  [
    'everybody',
    'differs',
    /^pull of device \d+, ledger 0, after \d+ \| .+ up to \d+, no more \| .* up to \d+, no more$/,
  ],
  ['last-writer', 'other-log', /^the whole log of ledger 0 at the end \| \d+ changes, \S+ at \d+ \| \d+ changes, /],
  ['drops', 'other-log', /^the whole log of ledger 0 at the end \| \d+ changes, \S+ at 50 \| \d+ changes, /],
  ['rate-limit', 'differs', /^\S+ of device \d+, ledger 0, .* \| RATE_LIMIT_EXCEEDED$/],
  ['html-errors', 'unreadable', /\| status 500, error is not JSON: <!doctype html><html>/],
  ['numbers-as-texts', 'unreadable', /\| status 200, push response: timestamp: .*number/],
  ['empty-bodies', 'unreadable', /\| status 200, push response is not JSON: an empty body$/],
  ['alters-payloads', 'altered-payload', /\| another payload of \S+ than was pushed$/],
  ['endless', 'differs', /, no more \| .*, and more$/],
];

describe('a flawed relay', () => {
  test.each(FOUND)('that %s is found as protocol:%s, with words', async (flaw, kind, text) => {
    // Enough requests for what happens to few of them; and no longer where devices ask without end.
    const durationMs = flaw === 'drops' || flaw === 'rate-limit' ? 240_000 : 30_000;
    const drain = flaw === 'endless' ? { drain: { budgetMs: 2000 } } : {};
    const result = await stormOn(await relays.start({ flaw }), { durationMs, ...drain });
    expect(signatures(result)).toContain(`protocol:${kind}`);
    expect(textOf(result, kind)).toMatch(text);
    expect(textOf(result, kind).length).toBeLessThan(600);
    expect(exitCodeOf(result)).toBe(1);
    for (const { devices, detail } of protocolOf(result)) {
      expect(detail['times']).toBeGreaterThan(0);
      expect(devices.length).toBeLessThanOrEqual(1);
    }
  });

  test('that loses what it acknowledged is told from one that cannot be asked', async () => {
    expect(signatures(await stormOn(await relays.start({ flaw: 'last-writer' })))).toContain('durability:lost');
    // Each seventh request is refused; what it has acknowledged it has.
    for (const flaw of ['html-errors', 'rate-limit'] as const) {
      expect(signatures(await stormOn(await relays.start({ flaw })))).not.toContain('durability:lost');
    }
  });
});
