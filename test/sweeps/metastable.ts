// How surely storms are told apart: `node test/sweeps/metastable.ts [seeds]`. Each seed is run with retries that all wait the
// same, and with backoff and jitter; and, to see which of the two it is that counts, with one of them alone, and with waits
// that stop growing at 10 s. The verdicts are counted.
import { run } from '../../scenarios/run.ts';
import { HASTY, PATIENT, retryStorm } from '../scenarios/retry-storm.ts';

const seeds = Number(process.argv[2] ?? 20);
for (const [name, client] of [
  ['without backoff or jitter', HASTY],
  ['with backoff and jitter', PATIENT],
  ['with backoff alone', { retryJitter: 'none' }],
  ['with jitter alone', { ...HASTY, retryJitter: 'full' }],
  ['with backoff up to 10 s alone', { retryJitter: 'none', retryMsMax: 10_000 }],
  ['with backoff up to 10 s and jitter', { retryMsMax: 10_000 }],
] as const) {
  const verdicts: Record<string, number> = {};
  for (let seed = 1; seed <= seeds; seed++) {
    const { result } = await run({ scenario: 'sync-relay', profile: 'light', seed, config: retryStorm(client) });
    const { verdict } = result.recovery!;
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
  }
  process.stdout.write(`${name}: ${JSON.stringify(verdicts)} of ${seeds}\n`);
}
