// The profile before a release: 1000 users for fifteen virtual minutes.
import type { Profile } from './profile.ts';

export const heavy: Profile = {
  name: 'heavy',
  users: 1000,
  conflictUsers: 200,
  pools: { light: 40, active: 50, power: 10 },
  durationMs: 900_000,
  rampUpMs: 120_000,
  rampDownMs: 120_000,
  band: { requestsPerSecondMin: 2000, requestsPerSecondMax: 4000 },
  p95Ms: 1500,
  errorRateMax: 0.1,
  successRateMin: 0.9,
};
