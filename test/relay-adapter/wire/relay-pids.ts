// The processes in which relays of this one run, as the system knows them. Linux only.

import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Whether processes can be told here. */
export const canTellProcesses = existsSync('/proc/self/stat');

/** The ids of the relays' processes that this one has started and that are alive. */
export function relayPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
        const [state, parent] = rest.split(' ');
        const isRelay = /wire[\\/]relay-child\.[jt]s/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
        return state !== 'Z' && Number(parent) === process.pid && isRelay;
      } catch {
        // It has ended meanwhile.
        return false;
      }
    })
    .sort((one, other) => one - other);
}
