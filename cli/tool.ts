// What this installation is: its root folder and a hash of the versions it runs on.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TOOL } from '../scenarios/version.ts';

/** The package's root: the first folder upward whose package.json is ours, from source and from the build alike. */
export function packageRoot(): string | undefined {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) {
      const { name } = JSON.parse(readFileSync(file, 'utf8')) as { name?: string };
      if (name === TOOL.name) return folder;
    }
    const parent = dirname(folder);
    if (parent === folder) return undefined;
    folder = parent;
  }
}

/**
 * Sixteen hexadecimal digits that stand for the versions of the dependencies: of the lock file in a checkout; of the
 * pinned versions in package.json where the package is installed, which has no lock file.
 */
export function lockHash(root: string | undefined = packageRoot()): string {
  if (root === undefined) return 'unknown';
  const lock = join(root, 'package-lock.json');
  const text = existsSync(lock)
    ? readFileSync(lock, 'utf8').replaceAll('\r\n', '\n')
    : JSON.stringify(
        (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies?: unknown }).dependencies ?? {},
      );
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
