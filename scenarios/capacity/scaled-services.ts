// Services that take a factor of their time: how a calibration's interval is carried through a search. It must not know
// what the times were measured with.
import type { Config, ConfigLayer } from '../config-schema.ts';

/** A layer in which everything that the relay and its store work on takes `factor` times as long. */
export function scaledServices({ relay, service, cluster }: Config, factor: number): ConfigLayer {
  return {
    relay: {
      pushMsMean: relay.pushMsMean * factor,
      pushMsPerChange: relay.pushMsPerChange * factor,
      pullMsMean: relay.pullMsMean * factor,
      pullMsPerRow: relay.pullMsPerRow * factor,
    },
    service: {
      turnMs: service.turnMs * factor,
      pushMs: service.pushMs * factor,
      pushMsPerChange: service.pushMsPerChange * factor,
      pullMs: service.pullMs * factor,
      pullMsPerRow: service.pullMsPerRow * factor,
      commitMs: service.commitMs * factor,
      commitMsPerChange: service.commitMsPerChange * factor,
      checkpointMs: service.checkpointMs * factor,
      idleMs: service.idleMs * factor,
    },
    cluster: {
      storeCommitMs: cluster.storeCommitMs * factor,
      storeCommitMsPerChange: cluster.storeCommitMsPerChange * factor,
      storeReadMs: cluster.storeReadMs * factor,
      storeReadMsPerRow: cluster.storeReadMsPerRow * factor,
    },
  };
}
