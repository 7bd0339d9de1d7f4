// Which commit a folder is at, read from the files that Git keeps. It runs no program, and must not know what the commit is
// for.

import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const HASH = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/** The commit's hash; by the folder's checkout, else by GITHUB_SHA, else none. */
export function commitOf(cwd: string, env: Readonly<Record<string, string | undefined>>): string | null {
  const said = env['GITHUB_SHA'] ?? '';
  return checkedOut(cwd) ?? (HASH.test(said) ? said : null);
}

function checkedOut(cwd: string): string | undefined {
  const folder = gitFolder(cwd);
  const head = folder === undefined ? undefined : read(join(folder, 'HEAD'));
  if (folder === undefined || head === undefined) return undefined;
  const name = /^ref: (refs\/.+)$/.exec(head)?.[1];
  if (name === undefined) return HASH.test(head) ? head : undefined;
  // A worktree has a HEAD of its own, and its branches where the checkout that it belongs to has them.
  const common = read(join(folder, 'commondir'));
  const folders = common === undefined ? [folder] : [folder, resolve(folder, common)];
  for (const each of folders) {
    const loose = read(join(each, name));
    if (loose !== undefined && HASH.test(loose)) return loose;
    for (const line of (read(join(each, 'packed-refs')) ?? '').split('\n')) {
      const [hash = '', packed] = line.trim().split(' ');
      if (packed === name && HASH.test(hash)) return hash;
    }
  }
  return undefined;
}

/** `.git` of the folder or of one above; in a worktree it is a file that says where. */
function gitFolder(cwd: string): string | undefined {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const path = join(folder, '.git');
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory() === true) return path;
    const target = stats === undefined ? undefined : /^gitdir: (.+)$/.exec(read(path) ?? '')?.[1];
    if (target !== undefined) return resolve(folder, target);
    if (dirname(folder) === folder) return undefined;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
