// The inject side keeps the contract of the relay port: the real relay's routes, called without a socket.

import { afterAll } from 'vitest';
import { closeSides } from '../../relay-adapter/wire/sides.ts';
import { realSide } from './real-side.ts';
import { relayPortContract } from './relay-port.ts';

afterAll(() => closeSides());

relayPortContract('the inject side', (options) => realSide({ kind: 'inject' }, options), { runs: 12 });
