import { test } from 'vitest';
import { storm } from '../contract/storm.ts';
import preferLocal, { registers } from '../../models/documents/specimens/prefer-local.ts';
import { dropsPageTies } from '../../models/relay/specimens/page-tie.ts';
import { fallsSilent } from '../../models/relay/specimens/fallen-silent.ts';
import { exitCodeOf } from '../../scenarios/result.ts';
const show = (r: any) => `${r.verdict} ${exitCodeOf(r)} ${JSON.stringify(r.findings.map((f: any) => [f.signature, f.devices, f.detail]))} ${JSON.stringify(r.marks)} ${r.metrics.filter((m:any)=>/concurrent|accepted|detection/.test(m.name)).map((m:any)=>m.name+JSON.stringify(m.values)).join(' ')}`;
test('x', async () => {
  for (let seed = 1; seed <= 5; seed++) console.log('pl', seed, show((await storm({ seed, documents: preferLocal })).result));
  for (let seed = 1; seed <= 5; seed++) console.log('ok', seed, show((await storm({ seed, documents: registers('r', false) })).result), show((await storm({ seed })).result));
  for (const pageSize of [1, 2, 3, 5]) for (let seed = 1; seed <= 3; seed++) console.log('tie', pageSize, seed, show((await storm({ seed, config: { relay: { pageSize } }, wrapPort: (p) => dropsPageTies(p) })).result));
  for (let seed = 1; seed <= 3; seed++) console.log('silent', seed, show((await storm({ seed, wrapPort: (p, now) => fallsSilent(p, () => now() > 60000) })).result));
});
