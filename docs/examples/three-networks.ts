// Squall as a library: the same storm, one seed, over three networks. Which thresholds are crossed, and by how much?
import { run } from 'squall';

for (const network of ['broadband', '4g', 'satellite']) {
  const result = await run('sync-relay', { seed: '42', users: 20, durationMs: 60_000, network });
  console.log(`${network}: ${result.verdict}, ${result.findings.length} findings`);
  for (const { metric, expression, ok } of result.thresholds) {
    if (!ok) console.log(`  ${metric} ${expression}`);
  }
}
