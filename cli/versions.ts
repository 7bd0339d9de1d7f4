// The versions that a finding depends on: of Node, and of the libraries that its documents import. It must not know
// what they do.
import { existsSync, readFileSync } from 'node:fs';
import { findPackageJSON, isBuiltin } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Libraries of our own document types. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = { yjs: ['yjs'] };

const IMPORT = /\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g;

/**
 * Versions by name. Libraries that cannot be found are left out.
 *
 * @param documents a type by name, or a file, whose own imports are named
 */
export function versionsOf(documents: string, cwd: string): Record<string, string> {
  const versions: Record<string, string> = { node: process.versions.node };
  const file = resolve(cwd, documents);
  const own = LIBRARIES[documents];
  const base = own === undefined ? pathToFileURL(file).href : import.meta.url;
  const names = own ?? (existsSync(file) ? importsOf(file) : []);
  for (const name of names) {
    const version = versionOf(name, base);
    if (version !== undefined) versions[name] = version;
  }
  return versions;
}

/** Packages that a module imports by name, sorted. */
function importsOf(file: string): string[] {
  const names = new Set<string>();
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    if (/^[./]|^[a-z]+:/.test(specifier) || isBuiltin(specifier)) continue;
    names.add(specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'));
  }
  return [...names].sort();
}

function versionOf(name: string, base: string): string | undefined {
  try {
    const path = findPackageJSON(name, base);
    if (path === undefined) return undefined;
    const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}
