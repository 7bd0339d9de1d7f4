// The spawn side keeps the contract of the relay port: the real relay as a process of its own.

import { afterAll } from 'vitest';
import { closeSides } from '../../relay-adapter/wire/sides.ts';
import { realSide } from './real-side.ts';
import { relayPortContract } from './relay-port.ts';

afterAll(() => closeSides());

relayPortContract('the spawn side', (options) => realSide({ kind: 'spawn' }, options), { runs: 6 });
