// The profile for hunting: few devices, few edits, two virtual minutes, no ramps.
import type { Profile } from './profile.ts';

export const storm: Profile = {
  name: 'storm',
  // With the second device that each has outside of crdt-conflicts: eight devices.
  users: 4,
  conflictUsers: 5,
  // Of four users one has the power journey.
  pools: { light: 40, active: 40, power: 20 },
  durationMs: 120_000,
  rampUpMs: 0,
  rampDownMs: 0,
  editsInAll: 50,
  allKindsShare: 1,
  // Few enough that a device that was away comes to a page's end.
  pageSize: 8,
  oracles: 'all',
  p95Ms: 500,
  p99Ms: 1000,
  errorRateMax: 0.05,
  successRateMin: 0.95,
};
