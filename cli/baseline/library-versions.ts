// The versions that a trace depends on, of this installation: a baseline keeps them. Node's is not among them: a trace is
// the same on each that is supported.
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import type { Versions } from '../../scenarios/baseline/baseline-file.ts';
import { DRAW_VERSION } from '../../scenarios/search/draw-version.ts';
import { TOOL } from '../../scenarios/version.ts';
import { versionsOf } from '../versions.ts';

/** Libraries that draw, or keep distributions. */
const LIBRARIES = ['d3-random', 'hdr-histogram-js', 'seedrandom'] as const;

/** The versions behind a trace. @param documents a type by name, or a file, whose own imports are named */
export function traceVersions(documents: string, cwd: string): Versions {
  const { node: _node, ...ofDocuments } = versionsOf(documents, cwd);
  const libraries: Record<string, string> = { ...ofDocuments };
  for (const name of LIBRARIES) {
    const version = versionOf(name);
    if (version !== undefined) libraries[name] = version;
  }
  return { tool: TOOL.version, drawVersion: DRAW_VERSION, libraries };
}

function versionOf(name: string): string | undefined {
  const path = findPackageJSON(name, import.meta.url);
  if (path === undefined) return undefined;
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version?: unknown };
  return typeof version === 'string' ? version : undefined;
}
