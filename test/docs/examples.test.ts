// The documented examples. One with a text beside it runs by itself under plain Node and prints exactly that text; some
// are document types, which `--documents` takes; any other is a scenario, and `squall run` takes it.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = 'docs/examples/';
const examples = readdirSync(root + folder).filter((name) => name.endsWith('.ts'));
const textOf = (name: string): string => root + folder + name.replace(/\.ts$/, '.txt');
const programs = examples.filter((name) => existsSync(textOf(name)));
const documents = ['automerge.ts', 'loro.ts', 'map.mjs'];
const scenarios = examples.filter((name) => !existsSync(textOf(name)) && !documents.includes(name));

/** Runs Node in the root folder, as a reader would. */
function node(...args: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
}

test('there are examples of the kernel, of the library and of a scenario', () => {
  expect(programs).toEqual(['bank-queue.ts', 'three-networks.ts']);
  expect(scenarios).toEqual(['households.ts']);
});

test.each(programs)('%s prints what is written beside it', (name) => {
  expect(node(folder + name)).toEqual({ status: 0, said: readFileSync(textOf(name), 'utf8') });
});

test.each(documents)('%s is a document type that the command storms, and that passes', (name) => {
  const args = ['hunt', 'crdt-conflicts', '--seeds', '1..5', '--workers', '1', '--quiet', '--documents', folder + name];
  const { status, said } = node('dist/cli/main.js', ...args);
  expect(said).toContain('✓ no findings');
  expect(status).toBe(0);
});

test.each(scenarios)('%s is a scenario that the command runs, and that passes', (name) => {
  const { status, said } = node('dist/cli/main.js', 'run', folder + name, '--users', '40', '--seed', '7', '--quiet');
  expect(said).toContain('✓ passed');
  expect(said).toMatch(/concurrent_modifications \.+: [1-9]/);
  expect(status).toBe(0);
});

test.each(scenarios)('%s stands in the README as it is', (name) => {
  expect(readFileSync(`${root}README.md`, 'utf8')).toContain(readFileSync(root + folder + name, 'utf8'));
});
