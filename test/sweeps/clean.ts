// Storms correct document types, and says whether any oracle speaks, which it must not (`npm run sweep:clean`). Writes
// the figures into docs/trust.md. Arguments such as `lww=10000 yjs=2000` choose types and numbers of seeds.

import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { installGuard } from '../../sim/guard.ts';
import type { DocumentType } from '../../models/documents/port.ts';
import { checkedDocuments, loadDocuments } from '../../scenarios/documents.ts';
import { scenarioOf } from '../../scenarios/run.ts';
import { Hunt, shapeOf } from '../../scenarios/search/hunt.ts';
import { statement } from '../../scenarios/search/hunt-statement.ts';
import { huntConfig } from '../../scenarios/search/investigate.ts';
import { parseSeeds } from '../../scenarios/search/seeds.ts';
import { stormOf } from '../../scenarios/search/trial.ts';
import { replaceBlock } from './block.ts';

const SCENARIO = 'crdt-conflicts';
const SEEDS: Readonly<Record<string, number>> = { lww: 10_000, yjs: 2000, automerge: 300, loro: 300 };

installGuard();

async function documentsOf(name: string): Promise<DocumentType> {
  if (name === 'lww' || name === 'yjs') return loadDocuments(name);
  const file = fileURLToPath(new URL(`../../docs/examples/${name}.ts`, import.meta.url));
  return checkedDocuments(((await import(file)) as { default: unknown }).default, file);
}

interface Figures {
  readonly seeds: number;
  readonly findings: string[];
  readonly seconds: number;
  readonly neverReached: string[];
}

async function sweep(name: string, count: number): Promise<Figures> {
  const documents = await documentsOf(name);
  const scenario = scenarioOf(SCENARIO);
  const seeds = parseSeeds(String(count));
  const hunt = new Hunt(seeds, Number.POSITIVE_INFINITY);
  const startedMs = performance.now();
  let index = 0;
  for (const seed of seeds) {
    const input = { scenario: SCENARIO, config: { faults: 'swarm' } };
    const outcome = stormOf(scenario, huntConfig(input, seed, shapeOf(seed)), documents);
    hunt.done(index++, outcome);
    // WASM memory is given back when the event loop turns.
    if (index % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const tally = hunt.tally();
  return {
    seeds: count,
    findings: tally.found.map(({ signature, seed }) => `${signature} (seed ${seed})`),
    seconds: (performance.now() - startedMs) / 1000,
    neverReached: statement(tally).slice(1),
  };
}

const chosen = process.argv.slice(2).map((argument) => {
  const [name = '', count = ''] = argument.split('=');
  if (!Object.hasOwn(SEEDS, name)) throw new Error(`${name}: not one of ${Object.keys(SEEDS).join(', ')}`);
  return [name, count === '' ? SEEDS[name]! : Number(count)] as const;
});
const lines = ['| documents | seeds | findings | time on one core |', '| --- | --- | --- | --- |'];
for (const [name, count] of chosen.length > 0 ? chosen : Object.entries(SEEDS)) {
  const { seeds, findings, seconds, neverReached } = await sweep(name, count);
  console.log(
    `${findings.length === 0 ? '✓' : '✗'} ${name}: ${findings.length} findings in ${seeds} seeds, ${seconds.toFixed(0)} s`,
  );
  for (const text of [...findings, ...neverReached]) console.log(`    ${text}`);
  if (findings.length > 0) process.exitCode = 1;
  lines.push(
    `| ${name} | ${seeds} | ${findings.length === 0 ? 'none' : findings.join(', ')} | ${seconds.toFixed(0)} s |`,
  );
}
if (chosen.length === 0) {
  replaceBlock(
    'docs/trust.md',
    'clean',
    `${lines.join('\n')}\n\nMachine: ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}.`,
  );
}
