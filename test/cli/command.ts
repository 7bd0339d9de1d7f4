// The command as a process, from its sources, in a folder of a test's own.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
/** What a scenario file of a person's own imports from the package, as a quoted module name. */
export const LIBRARY = JSON.stringify(new URL('../../cli/library.ts', import.meta.url).href);

/** Surroundings without what would change what is printed. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, NODE_NO_WARNINGS: '1', SQUALL_DEBUG: '', NO_COLOR: '1' };
}

/** What a command said, and its exit code. */
export interface Said {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `squall` with arguments in a folder. */
export function squall(folder: string, ...args: string[]): Said {
  const options = { cwd: folder, encoding: 'utf8', env: plainEnvironment() } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], options);
  return { status, stdout, stderr };
}
