// A reproduction is run in a process of its own before it is handed over: it must fail, and as it says. It must not know
// what it reproduces.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Package } from './bundle.ts';

/** Real time that a reproduction may take, ms. */
const LIMIT_MS = 30_000;
const OUTPUT_CHARS_MAX = 200_000;

export interface Trial {
  /** The text of a module. */
  readonly text: string;
  /** Packages that it imports, and the files from which they are found. */
  readonly packages: readonly Package[];
  /** What its assertion says. */
  readonly says: string;
}

/** Runs a reproduction in an empty folder. Undefined where it fails as it says; else why it is no reproduction. */
export async function flawOf({ text, packages, says }: Trial, limitMs = LIMIT_MS): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'squall-emit-'));
  try {
    const missing = packages.find((each) => !link(each, folder));
    if (missing !== undefined) return `the package ${missing.name} is not found from ${placesOf(missing)}`;
    const file = join(folder, 'reproduction.mjs');
    writeFileSync(file, text);
    const { code, output } = await runIn(folder, file, limitMs);
    if (code === undefined) return `it was still running after ${limitMs / 1000} s`;
    if (code === 0) return 'its assertion holds: what was seen in the storm does not come from the documents alone';
    if (output.includes('AssertionError') && output.includes(says)) return undefined;
    return `it fails with something else: ${errorLine(output)}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes a package importable from a folder; false where it is installed for none of the files that import it. */
function link({ name, importers }: Package, folder: string): boolean {
  for (const importer of importers) {
    const manifest = manifestOf(name, importer);
    if (manifest === undefined) continue;
    const target = join(folder, 'node_modules', name);
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(dirname(manifest), target, 'junction');
    return true;
  }
  return false;
}

function manifestOf(name: string, importer: string): string | undefined {
  try {
    return findPackageJSON(name, pathToFileURL(importer).href);
  } catch {
    return undefined;
  }
}

/** The folders in which a package was looked for. */
function placesOf({ importers }: Package): string {
  return [...new Set(importers.map(dirname))].join(' or ');
}

/** @returns no code where it was killed for taking too long */
async function runIn(
  cwd: string,
  file: string,
  limitMs: number,
): Promise<{ code: number | undefined; output: string }> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [file], { cwd, env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const take = (chunk: Buffer): void => {
      if (output.length < OUTPUT_CHARS_MAX) output += chunk.toString();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    child.on('error', fail);
    child.on('close', (code) => {
      clearTimeout(timer);
      done({ code: code ?? undefined, output });
    });
  });
}

/** The line that names an error. */
function errorLine(output: string): string {
  const lines = output.split('\n');
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.find((line) => line.trim() !== '') ?? 'no word said';
}
