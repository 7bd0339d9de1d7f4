// Builds once before the tests where the built tree is missing or older than its sources, so that tests of the command
// and of the package see what the sources say.
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function modifiedMs(file: string): number {
  return statSync(join(root, file)).mtimeMs;
}

/** True where each source has its output, no output is older than a source, and no output has lost its source. */
function builtTreeIsFresh(): boolean {
  const sources = globSync('{sim,models,relay-adapter,scenarios,cli}/**/*.ts', { cwd: root }).filter(
    (file) => !file.endsWith('.d.ts'),
  );
  const outputs = new Set(globSync('dist/**/*.js', { cwd: root }));
  if (outputs.size !== sources.length) return false;
  const newestInputMs = Math.max(
    ...['package.json', 'tsconfig.json', 'tsconfig.build.json', ...sources].map(modifiedMs),
  );
  return sources.every((file) => {
    const output = join('dist', file.replace(/\.ts$/, '.js'));
    return outputs.has(output) && modifiedMs(output) >= newestInputMs;
  });
}

export default function setup(): void {
  if (existsSync(join(root, 'dist')) && builtTreeIsFresh()) return;
  try {
    execFileSync('npm', ['run', '--silent', 'build'], {
      cwd: root,
      stdio: 'pipe',
      shell: process.platform === 'win32',
    });
  } catch {
    // Tests of the sources run all the same; those of the built tree fail by themselves.
    process.stderr.write('The build failed (see `npm run typecheck`): tests of the built tree may fail.\n');
  }
}
