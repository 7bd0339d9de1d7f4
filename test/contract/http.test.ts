// The http side keeps the contract of the relay port: a real relay at an address, which many runs have used before.

import { afterAll } from 'vitest';
import { closeSides } from '../../relay-adapter/wire/sides.ts';
import { addressRelays, realSide } from './real-side.ts';
import { relayPortContract } from './relay-port.ts';

const tokenSecret = 'a secret of the tests, of which nobody else knows';
process.env['SQUALL_TOKEN_SECRET'] = tokenSecret;
const relays = addressRelays();

afterAll(async () => {
  closeSides();
  await relays.stop();
});

relayPortContract(
  'the http side',
  async (options) => {
    const { dialect, pageSize } = options;
    const origin = await relays.at(dialect === '1.0' ? { pageSize } : { pageSize, tokenSecret });
    return realSide({ kind: 'http', origin, path: '' }, options);
  },
  { runs: 12 },
);
