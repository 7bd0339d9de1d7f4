// Steps of a calibration as a relay with known figures would have shown them: made by the model, with noise.
import { CALIBRATION_LOADS } from '../../../cli/calibrate/loads.ts';
import type { ServiceOptions } from '../../../models/relay/service-options.ts';
import { type ClientDelay, runLoop, simulatedParts } from '../../../scenarios/capacity/loop-model.ts';
import type { StepLoad, StepMeasurement } from '../../../scenarios/capacity/steps.ts';
import { Streams } from '../../../sim/random.ts';

export interface Known {
  readonly service: ServiceOptions;
  readonly serviceSigma: number;
  readonly client: ClientDelay;
  /** Each repeat is slower or faster as a whole by up to this share. */
  readonly drift: number;
  readonly repeats: number;
  readonly requests: number;
}

const NOTHING: ServiceOptions = {
  kind: 'event-loop',
  turnMs: 0,
  pushMs: 0,
  pushMsPerChange: 0,
  pullMs: 0,
  pullMsPerRow: 0,
  commitMs: 0,
  commitMsPerChange: 0,
  commitPushesMax: 500,
  checkpointChanges: 0,
  checkpointMs: 0,
  stallsPerMinute: 0,
  stallMsMedian: 1,
  stallSigma: 0.5,
  idleAfterMs: 0,
  idleMs: 0,
};

function step(load: StepLoad, service: ServiceOptions, known: Known, repeat: number): StepMeasurement {
  const { serviceSigma, client, drift, requests } = known;
  const seed = `synthetic/${repeat}`;
  const factor = 1 + drift * (2 * new Streams(seed).stream(`drift/${load.name}`).next() - 1);
  const run = { service, serviceSigma, client, load, requests, seed };
  const outcome = runLoop(run);
  const parts = simulatedParts(run).map((part) => ({
    ...part,
    latenciesMs: part.latenciesMs.map((each) => each * factor),
  }));
  const seconds = requests / outcome.perSecond;
  const commits = Math.round(outcome.commitsPerSecond * seconds);
  const pushes = commits * outcome.pushesPerCommit;
  const changesOfPush = load.parts.reduce((sum, { size, weight }) => sum + size * weight, 0);
  const weights = load.parts.reduce((sum, { weight }) => sum + weight, 0);
  const isPush = load.parts[0]!.op === 'push' && service !== NOTHING;
  return {
    load,
    repeat,
    seconds: seconds * factor,
    answers: requests,
    failures: 0,
    parts,
    cpuMs: outcome.use * seconds * 1000,
    driverCpuMs: 0,
    commits: isPush
      ? {
          count: commits,
          seconds: (commits * outcome.commitMs * factor) / 1000,
          jobs: pushes,
          changes: (pushes * changesOfPush) / weights,
          buckets: [],
        }
      : undefined,
    disturbance: { serverWait: 0, driverWait: 0, steal: 0, canaryMs: [1, 1], lateMs: [0, 0] },
    reasons: [],
  };
}

/** What a calibration would have measured. */
export function syntheticSteps(known: Known): { steps: StepMeasurement[]; echoes: StepMeasurement[] } {
  const [steps, echoes]: [StepMeasurement[], StepMeasurement[]] = [[], []];
  for (let repeat = 0; repeat < known.repeats; repeat++) {
    for (const { kind, load } of CALIBRATION_LOADS) {
      if (kind === 'echo') echoes.push(step(load, NOTHING, known, repeat));
      else steps.push(step(load, known.service, known, repeat));
    }
  }
  return { steps, echoes };
}
