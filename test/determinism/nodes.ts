// Runs the golden runs on each supported version of Node: the hashes must not depend on the engine. Each version comes
// from the npm registry into a cache folder: the platform's package alone, which needs no install script.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSIONS = ['22.23.3', '24.21.0', '26.10.0'] as const;

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const cache = join(root, 'node_modules/.cache/squall-nodes');
const golden = join(root, 'test/determinism/golden.ts');

/** The package that holds this platform's binary, as the npm package `node` names it. */
function platformPackage(): string {
  const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  return `${prefix}-${platform}-${process.arch}`;
}

/** Where the binary of a version stands in the cache; installs it if it is not there. */
function nodeBinary(version: string): string {
  const name = platformPackage();
  const folder = join(cache, version);
  const inside = join('node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  const binary = join(folder, inside);
  if (existsSync(binary)) return binary;

  // Installed beside and renamed when whole, so that an interrupted download leaves nothing that looks usable.
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  writeFileSync(join(partial, 'package.json'), '{ "private": true }\n');
  execFileSync(
    'npm',
    [
      'install',
      '--prefix',
      partial,
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
      `${name}@${version}`,
    ],
    { cwd: partial, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' },
  );
  renameSync(partial, folder);
  return binary;
}

/** True where the golden runs pass on this version, and it is really this version that ran. */
function goldenRunsPass(version: string): boolean {
  try {
    const binary = nodeBinary(version);
    const answered = execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim();
    if (answered !== `v${version}`) throw new Error(`${binary} is ${answered}`);
    console.log(`Node ${version}: ${relative(root, golden)}`);
    const { status, signal, error } = spawnSync(binary, [golden], { cwd: root, stdio: 'inherit' });
    if (error) throw error;
    if (signal) throw new Error(`stopped by ${signal}`);
    return status === 0;
  } catch (error) {
    console.error(`Node ${version}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

const outcomes = VERSIONS.map((version) => ({ version, passed: goldenRunsPass(version) }));
for (const { version, passed } of outcomes) console.log(`${passed ? '✓' : '✗'} Node ${version}`);
const failed = outcomes.filter(({ passed }) => !passed).length;
console.log(`${outcomes.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
