// What goes together with which side and which clock. It must not know how layers are read and merged.

import type { Config } from './config-schema.ts';
import { unlikeNone } from './fault-presets.ts';
import { isLeakySpecimen } from './relay-specimens.ts';
import { readSide } from './sides.ts';

/** Refuses a key's value. */
type Refuse = (path: string, received: unknown, expected: string) => never;

/** Faults for which somebody must be able to reach into the relay's store. */
const STORE_FAULTS = ['failoversPerHour', 'relayTailLossesPerHour', 'lostFailoversPerHour'] as const;

/** @throws InputError by `refuse` */
export function checkSide(config: Config, refuse: Refuse): void {
  const { side, clock, sync, faults, relay } = config;
  const read = readSide(side);
  if (read.kind === 'none') refuse('side', read.shown, read.expected);
  const { kind } = read;
  if (kind !== 'model' && sync === 'state') refuse('sync', sync, `log on side ${side}`);
  // A follower of 1.0 would lag by accounts, not by ledgers: no figure means the same on both.
  const because = kind === 'http' ? 'a side that is an address' : config.dialect === '1.0' ? 'dialect 1.0' : undefined;
  for (const key of STORE_FAULTS) {
    if (kind === 'model' || because === undefined || faults[key] === 0) continue;
    refuse(`faults.${key}`, faults[key], `0 on side ${side}: the store of ${because} cannot be made to fail`);
  }
  if ((kind === 'model' || kind === 'http') && isLeakySpecimen(relay.specimen)) {
    const why = kind === 'model' ? 'the model holds no payloads' : 'nobody can look into a store at an address';
    refuse('relay.specimen', relay.specimen, `side inject or spawn: ${why}`);
  }
  const { replicaLagMs } = config.cluster;
  if (replicaLagMs > 0 && kind !== 'model')
    refuse('cluster.replicaLagMs', replicaLagMs, `0 on side ${side}: nobody can make its reads lag`);
  if (replicaLagMs > 0 && config.dialect === '1.0') refuse('cluster.replicaLagMs', replicaLagMs, '0 in dialect 1.0');
  if (replicaLagMs > 0 && sync === 'state') refuse('cluster.replicaLagMs', replicaLagMs, '0 with sync by state');
  if (clock === 'virtual') {
    if (config.warmUpMs > 0) refuse('warmUpMs', config.warmUpMs, '0 under the virtual clock');
    return;
  }
  if (kind === 'model' || kind === 'inject') refuse('clock', clock, `virtual on side ${side}`);
  if (config.incident.kind !== 'none') refuse('incident.kind', config.incident.kind, 'none under the wall clock');
  if (unlikeNone(faults).length > 0) refuse('faults.name', faults.name, 'none under the wall clock');
  if (relay.specimen !== 'none') refuse('relay.specimen', relay.specimen, 'none under the wall clock');
  const usersMs = config.durationMs - config.rampDownMs;
  if (config.warmUpMs >= usersMs) {
    refuse('warmUpMs', config.warmUpMs, `< durationMs without its ramp down (${usersMs})`);
  }
}
