// The profile for every night: 500 users for ten virtual minutes.
import type { Profile } from './profile.ts';

export const medium: Profile = {
  name: 'medium',
  users: 500,
  conflictUsers: 100,
  pools: { light: 40, active: 50, power: 10 },
  durationMs: 600_000,
  rampUpMs: 60_000,
  rampDownMs: 60_000,
  band: { requestsPerSecondMin: 1000, requestsPerSecondMax: 2000 },
  p95Ms: 800,
  errorRateMax: 0.05,
  successRateMin: 0.95,
};
