// Storms the same seeds on every side of the relay port and compares what was asked and answered, hash for hash
// (`npm run sweep:sides`). Arguments such as `seeds=200 sides=inject,spawn,http store=sqlite` choose. Exit 1 where any differ.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { installGuard } from '../../sim/guard.ts';
import { closeSides } from '../../relay-adapter/wire/sides.ts';
import { loadDocuments } from '../../scenarios/documents.ts';
import { stormOnSide } from '../contract/side-storms.ts';

installGuard();
const given = new Map(process.argv.slice(2).map((argument) => argument.split('=', 2) as [string, string]));
const seeds = Number(given.get('seeds') ?? 200);
const from = Number(given.get('from') ?? 1);
const sides = (given.get('sides') ?? 'inject,spawn,http').split(',');
const store = given.get('store') ?? 'sqlite';
const documents = await loadDocuments(given.get('documents') ?? 'lww');

process.env['SQUALL_TOKEN_SECRET'] ??= 'a secret of the sweep';

/** A relay at an address, in a process of its own, that is not reset between storms. */
async function startedRelay(): Promise<{ url: string; stop(): void }> {
  const file = fileURLToPath(new URL('../../relay-adapter/wire/relay-child.ts', import.meta.url));
  const child = fork(file, [], { serialization: 'advanced' });
  const options = { tokenSecret: process.env['SQUALL_TOKEN_SECRET'], pageSize: 8, store: 'sqlite' };
  child.send({ kind: 'open', address: 'sqlite::memory:', options });
  const [answer] = (await once(child, 'message')) as [{ url: string }];
  return { url: answer.url, stop: () => child.disconnect() };
}

const relay = sides.includes('http') ? await startedRelay() : undefined;
const times = new Map<string, number>();
const fired = new Map<string, number>();
let requests = 0;
let differing = 0;

function timed(side: string, seed: string, config: Readonly<Record<string, unknown>>) {
  const startedMs = performance.now();
  const storm = stormOnSide(seed, side === 'http' ? relay!.url : side, documents, config);
  times.set(side, (times.get(side) ?? 0) + performance.now() - startedMs);
  return storm;
}

for (let seed = from; seed < from + seeds; seed++) {
  const text = String(seed);
  const model = timed('model', text, {});
  requests += model.requests;
  for (const [kind, count] of Object.entries(model.faults)) fired.set(kind, (fired.get(kind) ?? 0) + count);
  for (const side of sides) {
    const storm = timed(side, text, { wire: { store: side === 'http' ? 'sqlite' : store } });
    // A relay at an address has no failovers, so its swarm is another one.
    const expected = side === 'http' ? timed('model', text, { faults: storm.config.faults }) : model;
    const isSame = storm.protocolHash === expected.protocolHash && storm.traceHash === expected.traceHash;
    if (isSame && storm.findings.length === expected.findings.length && storm.firstDifference === undefined) continue;
    differing++;
    console.log(`seed ${text} on ${side}: ${storm.protocolHash} where the model has ${expected.protocolHash}`);
    console.log(`  findings: ${storm.findings.join(', ') || 'none'}`);
    console.log(`  first differing request: ${storm.firstDifference ?? 'none'}`);
  }
}

const kinds = [...fired].filter(([, count]) => count > 0).map(([kind, count]) => `${kind} ${count}`);
console.log(`faults in the model's storms: ${kinds.sort().join(', ')}`);
for (const [side, ms] of times) console.log(`${side}: ${(ms / 1000).toFixed(1)} s`);
console.log(`${seeds} seeds, ${requests} requests, sides ${sides.join(', ')} (${store}): ${differing} differ`);
relay?.stop();
closeSides();
process.exitCode = differing === 0 ? 0 : 1;
