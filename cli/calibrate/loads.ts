// The steps that tell the figures of an event loop apart. It must not know how they are measured.
import type { StepLoad, StepPart } from '../../scenarios/capacity/steps.ts';
import type { SessionLoad } from './session.ts';

export const CONNECTIONS = 50;
/** Runs of a hundred or so requests, in which the relay is warm, and a rest after each run. */
const LIGHT = { kind: 'open', perSecond: 700, rests: { share: 0.01, meanMs: 150 } } as const;

const part = (op: StepPart['op'], size: number): StepPart => ({ op, size, weight: 1 });

function light(name: string, parts: readonly StepPart[]): StepLoad {
  return { name, parts, arrivals: LIGHT };
}

function saturated(name: string, only: StepPart): StepLoad {
  return { name, parts: [only], arrivals: { kind: 'closed', connections: CONNECTIONS } };
}

/**
 * Light loads show what one request takes by itself, saturation what many share; two sizes of each tell what a change and a
 * row take. The server that does nothing shows what is the driver's own.
 */
export const CALIBRATION_LOADS: readonly SessionLoad[] = [
  { kind: 'step', load: light('light pushes', [part('push', 1), part('push', 5)]) },
  { kind: 'step', load: light('light pulls', [part('pull', 0), part('pull', 100)]) },
  { kind: 'step', load: saturated('saturated pushes of 1', part('push', 1)) },
  { kind: 'step', load: saturated('saturated pushes of 5', part('push', 5)) },
  { kind: 'step', load: saturated('saturated pulls of 0', part('pull', 0)) },
  { kind: 'step', load: saturated('saturated pulls of 100', part('pull', 100)) },
  { kind: 'echo', load: light('nothing', [part('push', 1)]) },
];
