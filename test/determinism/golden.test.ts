// The golden runs on the Node that runs the tests; `npm run test:nodes` runs them on every supported one.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test.each([
  ['here', {}],
  ['in another time zone, with another locale', { TZ: 'Asia/Kathmandu', LC_ALL: 'tr_TR.UTF-8' }],
])('the golden runs leave the hashes that are committed, %s', (_where, surroundings) => {
  const golden = fileURLToPath(new URL('golden.ts', import.meta.url));
  const env = { ...process.env, NODE_NO_WARNINGS: '1', ...surroundings };
  const { status, stdout, stderr } = spawnSync(process.execPath, [golden], { encoding: 'utf8', env });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^\d+ golden runs, 0 differ\n$/);
  expect(status).toBe(0);
});
