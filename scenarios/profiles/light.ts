// The profile for every pull request: 100 users for five virtual minutes.
import type { Profile } from './profile.ts';

export const light: Profile = {
  name: 'light',
  users: 100,
  conflictUsers: 20,
  pools: { light: 40, active: 50, power: 10 },
  durationMs: 300_000,
  rampUpMs: 30_000,
  rampDownMs: 30_000,
  band: { requestsPerSecondMin: 200, requestsPerSecondMax: 400 },
  p95Ms: 500,
  p99Ms: 1000,
  errorRateMax: 0.05,
  successRateMin: 0.95,
};
