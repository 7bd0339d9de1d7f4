// Relays with planted bugs by name, for runs that are to show that the oracles find them.

import { RELAY_SPECIMENS } from '../models/relay/specimens/specimens.ts';
import type { RelayPort } from '../relay-adapter/port.ts';
import { unknownName } from './nearest.ts';

/** Devices that forget to encrypt: no relay's bug, but what a relay holds shows it. */
const LEAKY = 'plaintext-payloads';

/** Whether a specimen is one of payloads that are not encrypted: it stands in what is sent, not in the relay. */
export function isLeakySpecimen(name: string): boolean {
  return name === LEAKY;
}

/**
 * What puts the bug between a relay and its rules; undefined for `none`.
 * @throws InputError for a name that there is not
 */
export function specimenOf(name: string): ((port: RelayPort, nowUs: () => number) => RelayPort) | undefined {
  if (name === 'none' || isLeakySpecimen(name)) return undefined;
  const specimen = RELAY_SPECIMENS.find((each) => each.name === name);
  if (specimen !== undefined) return (port, nowUs) => specimen.wrap(port, nowUs);
  throw unknownName('relay.specimen', name, ['none', LEAKY, ...RELAY_SPECIMENS.map((each) => each.name)]);
}
