// An interrupt of the command as a process, in the middle of a run.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

it('an interrupt ends the run, prints what there is and exits with 130', async () => {
  const args = [MAIN, 'run', 'sync-relay', '--profile', 'heavy', '--duration', '24h', '--seed', '1'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (stdout === '') child.kill('SIGINT');
    stdout += text;
  });
  child.stderr.resume();
  const status = await new Promise((resolve) => child.on('close', resolve));
  expect(stdout).toContain('✗ interrupted: what is above is what there was (exit 130)\n');
  expect(stdout).toMatch(/repeat it with:\n {2}npx squall run sync-relay --profile heavy --duration 24h --seed 1\n$/);
  expect(status).toBe(130);
}, 60_000);
