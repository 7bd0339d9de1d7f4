// How surely storms are told apart: `node test/sweeps/metastable.ts [seeds]`. Each seed is run with retries that all wait the
// same, and with backoff and jitter; the verdicts are counted.
import { run } from '../../scenarios/run.ts';
import { HASTY, PATIENT, retryStorm } from '../scenarios/retry-storm.ts';

const seeds = Number(process.argv[2] ?? 20);
for (const [name, client] of [
  ['without backoff or jitter', HASTY],
  ['with backoff and jitter', PATIENT],
] as const) {
  const verdicts: Record<string, number> = {};
  for (let seed = 1; seed <= seeds; seed++) {
    const { result } = await run({ scenario: 'sync-relay', profile: 'light', seed, config: retryStorm(client) });
    const { verdict } = result.recovery!;
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
  }
  process.stdout.write(`${name}: ${JSON.stringify(verdicts)} of ${seeds}\n`);
}
