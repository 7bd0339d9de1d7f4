// The kernel's public entry (`squall/sim`): everything that a simulation of one's own is written with. What is not
// named here is an inner matter and may change.

export { DeviceClock, type DeviceClockOptions } from './device-clock.ts';
export {
  checkDistribution,
  type DistributionOptions,
  exponentialUs,
  meanOf,
  quantile,
  sampler,
} from './distributions.ts';
export { AssertionError, InputError } from './errors.ts';
export type { DropReason, Fate, FateSource, NetworkHooks, NetworkStatistics, OnFate } from './fate.ts';
export { type LinkOptions, nominalLatencyMs } from './link.ts';
export type { Counter, Gauge, MetricResult, Rate, Trend } from './metric-kinds.ts';
export { Metrics } from './metrics.ts';
export { Network } from './network.ts';
export { Interrupted, Process, type Routine, Signal, type Suspension, TIMED_OUT } from './process.ts';
export { keyedUint32, keyedUnit, Stream, type StreamKey, Streams } from './random.ts';
export { type Handler, type RunOutcome, Simulation, type SimulationOptions } from './simulation.ts';
export { Slab } from './slab.ts';
export { CountSeries, TrendSeries, type WindowOptions } from './time-series.ts';
export { type JobDone, Station, type StationOptions } from './station.ts';
export type { LittlesLaw, StationStatistics } from './station-statistics.ts';
export { firstDifference, Trace, type TraceOptions, type TraceRecord } from './trace.ts';
