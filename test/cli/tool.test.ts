import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isContinuousIntegration } from '../../cli/io.ts';
import { lockHash, packageRoot } from '../../cli/tool.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squall-tool-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const manifest = (version: string) =>
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ version, dependencies: { zod: version } }));

it('the lock hash follows the dependencies’ versions where there is no lock file', () => {
  manifest('4.0.0');
  const first = lockHash(folder);
  expect(first).toMatch(/^[0-9a-f]{16}$/);
  expect(lockHash(folder)).toBe(first);
  manifest('4.0.1');
  expect(lockHash(folder)).not.toBe(first);
});

it('the lock hash follows the lock file where there is one, whatever its line ends', () => {
  manifest('4.0.0');
  const without = lockHash(folder);
  writeFileSync(join(folder, 'package-lock.json'), '{\n}\n');
  const withLock = lockHash(folder);
  expect(withLock).not.toBe(without);
  writeFileSync(join(folder, 'package-lock.json'), '{\r\n}\r\n');
  expect(lockHash(folder)).toBe(withLock);
});

it('the package root is where our manifest is', () => {
  expect(packageRoot()).toBe(join(import.meta.dirname, '../..'));
});

it('CI is set unless it is empty, 0 or false', () => {
  expect(['true', '1', 'yes'].map((CI) => isContinuousIntegration({ CI }))).toEqual([true, true, true]);
  expect(['', '0', 'false'].map((CI) => isContinuousIntegration({ CI }))).toEqual([false, false, false]);
  expect(isContinuousIntegration({})).toBe(false);
});
