// A relay's model alone, with requests that a test brings at given instants.
import type { PullRequest, PushRequest, RelayRequest, RelayResponse } from '../../../models/relay/messages.ts';
import { SeededDraws } from '../../../models/draws.ts';
import { type ClusterOptions, PLAIN_CLUSTER } from '../../../models/relay/cluster-options.ts';
import { RelayModel } from '../../../models/relay/model.ts';
import type { RelayOptions, RelayPorts } from '../../../models/relay/model-ports.ts';
import { type ServiceOptions, WORKERS } from '../../../models/relay/service-options.ts';
import { Simulation } from '../../../sim/simulation.ts';

/** One worker that takes 1 ms a push and 2 ms a pull, without chance. */
export const PLAIN: RelayOptions = {
  instances: 1,
  workers: 1,
  queueLimit: 100_000,
  timeoutMs: 0,
  rateLimitPerMinute: 0,
  bodyLimitBytes: 1_000_000,
  pushMsMean: 1,
  pushMsPerChange: 0,
  pullMsMean: 2,
  pullMsPerRow: 0,
  serviceSigma: 0,
};

/** An event loop in round figures: 1 ms a turn, 2 ms a push, 3 ms a pull, 10 ms a commit, 0.5 ms for each change in it. */
export const LOOP: ServiceOptions = {
  ...WORKERS,
  kind: 'event-loop',
  turnMs: 1,
  pushMs: 2,
  pushMsPerChange: 0,
  pullMs: 3,
  pullMsPerRow: 0,
  commitMs: 10,
  commitMsPerChange: 0.5,
};

export interface Bench {
  readonly sim: Simulation;
  readonly relay: RelayModel;
  /** Who was answered when: `3@1000`, by device. */
  readonly answered: string[];
  readonly refused: string[];
  readonly lost: () => number;
  /** Devices in the order in which the rules were applied. */
  readonly handled: number[];
  at(atUs: number, request: RelayRequest): void;
}

export interface BenchOptions {
  readonly relay?: Partial<RelayOptions>;
  readonly service?: Partial<ServiceOptions>;
  readonly cluster?: Partial<ClusterOptions>;
  readonly ports?: Partial<RelayPorts>;
}

export function benchOf({ relay, service, cluster, ports }: BenchOptions = {}): Bench {
  const sim = new Simulation({ seed: 'bench' });
  const requests: RelayRequest[] = [];
  const answered: string[] = [];
  const refused: string[] = [];
  const handled: number[] = [];
  let lost = 0;
  const model = new RelayModel(
    sim,
    { ...PLAIN, ...relay, service: { ...WORKERS, ...service }, cluster: { ...PLAIN_CLUSTER, ...cluster } },
    {
      handle: (request): RelayResponse => {
        handled.push(request.device);
        const accepted = request.kind === 'push' ? request.changes : [];
        return { kind: 'pushed', accepted, rejected: [], stored: accepted.length };
      },
      rowsFor: () => 0,
      respond: ({ device }, response) => {
        (response.kind === 'refusal' ? refused : answered).push(`${device}@${sim.nowUs}`);
      },
      notify: () => undefined,
      draws: new SeededDraws(sim.streams),
      mark: (name) => void (name === 'request lost in a relay crash' && lost++),
      ...ports,
    },
  );
  const arrive = sim.handler('test/arrive', (index) => model.receive(requests[index]!));
  return {
    sim,
    relay: model,
    answered,
    refused,
    handled,
    lost: () => lost,
    at: (atUs, request) => sim.scheduleAt(atUs, arrive, requests.push(request) - 1),
  };
}

let causes = 0;

export function push(device: number, changes = 1, ledger = 0): PushRequest {
  const identity = { ledger, device, cause: causes++, attempt: 0, page: 0, serial: 1, bytes: 100 };
  return { kind: 'push', changes: Array.from({ length: changes }, (_, index) => index), ...identity };
}

export function pull(device: number, ledger = 0): PullRequest {
  const { changes: _none, ...identity } = push(device, 0, ledger);
  return { ...identity, kind: 'pull', since: 0 };
}
