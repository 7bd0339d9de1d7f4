// Hunting as a process: interrupts, help, and from what is built as well as from its sources.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAIN, plainEnvironment, squall } from './command.ts';
import { misbehaving, PREFER_LOCAL } from './finding-fixtures.ts';

const BUILT = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squall-hunt-process-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a hunt, interrupts it as soon as it has begun with seeds, and gives how it ended. */
async function interrupted(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, 'hunt', 'crdt-conflicts', '--workers', '2', ...args], {
    cwd: folder,
    env: plainEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 50_000,
    killSignal: 'SIGKILL',
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (stderr === '') child.kill('SIGINT');
    stderr += text;
  });
  const status = await new Promise((resolve) => child.on('close', resolve));
  return { status, stdout };
}

it('an interrupt ends a hunt, prints and keeps what there is, and exits with 130', async () => {
  const args = ['--documents', PREFER_LOCAL, '--faults', 'none', '--max-findings', '50', '--seeds', '1..1000000'];
  const { status, stdout } = await interrupted(...args, '--json', 'out.json');
  expect(status).toBe(130);
  expect(stdout).toContain('✗ interrupted: what is above is what there was (exit 130)');
  const { findings, verdict } = JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8')) as {
    verdict: string;
    findings: { file: string }[];
  };
  expect(verdict).toBe('interrupted');
  expect(findings.length).toBeGreaterThan(0);
  for (const { file } of findings) expect(existsSync(join(folder, file))).toBe(true);
});

it('an interrupt ends a hunt whose seeds hang', async () => {
  const documents = misbehaving(folder, 'hangs', 'for (;;) {}');
  const { status } = await interrupted('--documents', documents, '--faults', 'none', '--seeds', '1..1000');
  expect(status).toBe(130);
});

it.skipIf(!existsSync(BUILT))('what is built hunts, shrinks and replays as its sources do', () => {
  const args = ['crdt-conflicts', '--documents', PREFER_LOCAL, '--seeds', '1..8', '--max-findings', '1', '--quiet'];
  const built = (...words: string[]) =>
    spawnSync(process.execPath, [BUILT, ...words], { cwd: folder, encoding: 'utf8', env: plainEnvironment() });
  const hunted = built('hunt', ...args, '--findings', 'built');
  expect(hunted.stderr).toBe('');
  expect(hunted.status).toBe(1);
  expect(squall(folder, 'hunt', ...args, '--findings', 'source').status).toBe(1);
  expect(squall(folder, 'replay', 'built', '--exact', '--quiet').stdout).toMatch(/^✗ reproduced, the same trace/);
  expect(built('replay', 'source', '--exact', '--quiet').stdout).toMatch(/^✗ reproduced, the same trace/);
  const [file] = /built\/\S+\.json/.exec(hunted.stdout)!;
  expect(built('shrink', file, '--quiet')).toMatchObject({ status: 0, stderr: '' });
});

describe('help', () => {
  it('lists the commands', () => {
    const { status, stdout } = squall(folder, '--help');
    for (const name of ['run <scenario>', 'hunt <scenario>', 'replay <file…|folder>', 'shrink <file…>']) {
      expect(stdout).toContain(`  squall ${name}`);
    }
    expect(status).toBe(0);
  });

  it.each([
    ['hunt', ['--seeds <seeds>', '--max-findings <n>', '--for <time>', '--documents <type|file>', 'swarm (default)']],
    ['shrink', ['--for <time>', '--findings <folder>', '-o, --output <file>']],
    ['replay', ['--exact', '--until <time|event:n>', '--trace', '--emit <script|vitest>', '-h, --help']],
  ])('of %s lists its flags and exit codes', (command, texts) => {
    const { status, stdout } = squall(folder, command, '--help');
    for (const text of [...texts, 'exit codes: ']) expect(stdout).toContain(text);
    expect(status).toBe(0);
  });
});
