// The phases of a run in virtual time, under which its metrics are kept. It must not know what happens in them.

import type { Simulation } from '../sim/simulation.ts';

interface Phased {
  readonly durationMs: number;
  readonly rampUpMs: number;
  readonly rampDownMs: number;
  readonly warmUpMs: number;
}

/** A phase and its share of virtual time, ms. */
export interface PhaseSpan {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** The phases of a run that came so far, in their order; those that take no time are left out. */
export function phaseSpans({ durationMs, rampUpMs, rampDownMs }: Omit<Phased, 'warmUpMs'>, nowMs: number): PhaseSpan[] {
  const spans: PhaseSpan[] = [
    { name: 'ramp up', startMs: 0, endMs: rampUpMs },
    { name: 'hold', startMs: rampUpMs, endMs: durationMs - rampDownMs },
    { name: 'ramp down', startMs: durationMs - rampDownMs, endMs: durationMs },
    { name: 'drain', startMs: durationMs, endMs: Math.max(durationMs, nowMs) },
  ];
  return spans
    .map((span) => ({ ...span, endMs: Math.min(span.endMs, nowMs) }))
    .filter(({ startMs, endMs }) => endMs > startMs);
}

/** Sets the first phase, and schedules the changes to the others. */
export function schedulePhases(simulation: Simulation, { durationMs, rampUpMs, rampDownMs, warmUpMs }: Phased): void {
  const { metrics } = simulation;
  const phases: readonly [atMs: number, name: string][] = [
    [0, rampUpMs > 0 ? 'ramp up' : 'hold'],
    [rampUpMs, 'hold'],
    [durationMs - rampDownMs, rampDownMs > 0 ? 'ramp down' : 'drain'],
    [durationMs, 'drain'],
  ];
  metrics.phase = phases[0]![1];
  const phase = simulation.handler('run/phase', (index) => {
    metrics.phase = phases[index]![1];
  });
  for (let index = 1; index < phases.length; index++) {
    simulation.scheduleAt(Math.round(phases[index]![0] * 1000), phase, index);
  }
  if (warmUpMs === 0) return;
  const warmedUp = simulation.handler('run/warmed-up', () => metrics.forget());
  simulation.scheduleAt(Math.round(warmUpMs * 1000), warmedUp);
}
