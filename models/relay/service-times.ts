// How long an instance and a store work on a request, before and with chance. It must not know who waits.

import { normalQuantile } from '../../sim/distributions.ts';
import type { Draws } from '../draws.ts';
import type { ClusterOptions } from './cluster-options.ts';
import type { RelayRequest } from './messages.ts';
import type { ServiceOptions } from './service-options.ts';

/** The times of workers. */
export interface WorkerTimes {
  readonly pushMsMean: number;
  readonly pushMsPerChange: number;
  readonly pullMsMean: number;
  readonly pullMsPerRow: number;
  readonly serviceSigma: number;
}

type Kind = RelayRequest['kind'];

/** Mean work of an instance on a request alone, µs, before chance. @param size changes or rows */
export function meanOwnUs(times: WorkerTimes, service: ServiceOptions, kind: Kind, size: number): number {
  const isLoop = service.kind === 'event-loop';
  const [fixedMs, eachMs] =
    kind === 'push'
      ? isLoop
        ? [service.pushMs, service.pushMsPerChange]
        : [times.pushMsMean, times.pushMsPerChange]
      : isLoop
        ? [service.pullMs, service.pullMsPerRow]
        : [times.pullMsMean, times.pullMsPerRow];
  return (fixedMs + eachMs * size) * 1000;
}

/** Mean time of a commit or a read in a shared store, µs. @param size changes or rows */
export function meanStoreUs(cluster: ClusterOptions, kind: Kind, size: number): number {
  const ms =
    kind === 'push'
      ? cluster.storeCommitMs + cluster.storeCommitMsPerChange * size
      : cluster.storeReadMs + cluster.storeReadMsPerRow * size;
  return ms * 1000;
}

/** Mean time from when an idle relay takes a request until it answers, µs. */
export function meanAnswerUs(
  times: WorkerTimes,
  service: ServiceOptions,
  cluster: ClusterOptions,
  kind: Kind,
  size: number,
): number {
  const own = meanOwnUs(times, service, kind, size);
  const turn = service.kind === 'event-loop' ? service.turnMs * 1000 : 0;
  if (cluster.store === 'shared') return own + turn + meanStoreUs(cluster, kind, size);
  const commits = service.kind === 'event-loop' && kind === 'push';
  return own + turn + (commits ? (service.commitMs + service.commitMsPerChange * size) * 1000 : 0);
}

/** A time with chance: lognormal, whole µs. */
export class ServiceTimes {
  readonly #sigma: number;
  readonly #draws: Draws;

  constructor(sigma: number, draws: Draws) {
    this.#sigma = sigma;
    this.#draws = draws;
  }

  /** @param purpose what the draw is for: the work of an instance, or of the store */
  drawn(meanUs: number, purpose: 'service' | 'store', { cause, device, attempt, page }: RelayRequest): number {
    const u = this.#draws.unit(purpose, cause, device, attempt, page);
    if (this.#sigma === 0) return Math.round(meanUs);
    // The mean of exp(μ + σz) is exp(μ + σ²/2).
    return Math.round(meanUs * Math.exp(this.#sigma * normalQuantile(u) - (this.#sigma * this.#sigma) / 2));
  }
}
