// What single operations cost, each by itself: nanoseconds of CPU time, in a process of their own. `node
// test/bench/micro.ts <operations a round> <rounds>` prints one line of JSON.

import lww from '../../models/documents/lww.ts';
import type { Replica } from '../../models/documents/port.ts';
import { CHART_OF_ACCOUNTS, drawEntity, ENTITY_TYPES, type EntityDraft, entityName } from '../../models/entities.ts';
import { keyedUnit, Metrics, Network, Simulation, Station, Streams, Trace } from '../../sim/library.ts';
import { cpuMsOf } from './measure.ts';

/** An operation: `run` does so many of them. A round begins with `prepare`, which is not measured. */
interface Operation {
  readonly name: string;
  prepare?(count: number): void;
  run(count: number): void;
}

/** What the process prints: by operation, nanoseconds of each round. */
export type MicroRounds = Record<string, number[]>;

/** Something for results to go to, so that no work is left out for being of no use. */
let sink = 0;

function timers(): Operation {
  const simulation = new Simulation({ seed: 'micro' });
  const fire = simulation.handler('fire', (a) => void (sink += a));
  return {
    name: 'timer set and cancelled',
    run(count) {
      for (let i = 0; i < count; i++) simulation.cancel(simulation.timer(1 + (i & 1023), fire, i));
      simulation.run(simulation.nowUs + 1024);
    },
  };
}

function processes(): Operation {
  const simulation = new Simulation({ seed: 'micro' });
  for (let index = 0; index < 1000; index++) {
    simulation.spawn(`sleeper ${index}`, function* sleeper(self) {
      for (;;) yield self.sleep(1000 + index);
    });
  }
  return { name: 'process sleeps and resumes', run: (count) => void simulation.run(undefined, count) };
}

function messages(): Operation {
  const simulation = new Simulation({ seed: 'micro' });
  const network = new Network(simulation);
  const link = { latencyMsMean: 29, latencyMsMin: 5, latencyMsMax: 2000, latencySigma: 0.35, bandwidthKbit: 20_000 };
  const rates = { lossRate: 0, duplicateRate: 0, reorderRate: 0, reorderMsMean: 20 };
  const links = Array.from({ length: 1000 }, (_, index) => network.link(`device/${index}/up`, { ...link, ...rates }));
  const arrived = simulation.handler('arrived', (a) => void (sink += a));
  let ordinal = 0;
  return {
    name: 'message sent and delivered',
    run(count) {
      for (let left = count; left > 0; left -= 1000) {
        ordinal++;
        for (const one of links) network.send(one, 600, ordinal, 0, 0, arrived, one, 0, 0);
        simulation.run(simulation.nowUs + 50_000);
      }
      simulation.run();
    },
  };
}

function jobs(): Operation {
  const simulation = new Simulation({ seed: 'micro' });
  const station = new Station(simulation, { name: 'station', servers: 4, queueLimit: Infinity }, (job) => {
    sink += job;
  });
  return {
    name: 'job served by a station',
    run(count) {
      for (let left = count; left > 0; left -= 16) {
        for (let job = 0; job < 16; job++) station.offer(job, 800 + job);
        simulation.run();
      }
    },
  };
}

function records(): Operation {
  const trace = new Trace();
  const kind = trace.defineKind('record');
  return {
    name: 'trace record',
    run(count) {
      for (let i = 0; i < count; i++) trace.record(i, kind, i & 255, i & 7, 0);
    },
  };
}

function samples(): Operation {
  const trend = new Metrics().trend('times');
  return {
    name: 'histogram sample',
    run(count) {
      for (let i = 0; i < count; i++) trend.recordUs((i * 7919) % 200_000);
    },
  };
}

function draws(): Operation[] {
  const streams = new Streams('micro');
  const stream = streams.stream('draws');
  const key = streams.key('draws');
  return [
    {
      name: 'stream draw',
      run(count) {
        for (let i = 0; i < count; i++) sink += stream.next();
      },
    },
    {
      name: 'keyed draw',
      run(count) {
        for (let i = 0; i < count; i++) sink += keyedUnit(key, i, i & 255, 0, 0);
      },
    },
  ];
}

/** Changes of three kinds of entity, as sync-relay makes them, and pages of ten of them. */
function documents(): Operation[] {
  const stream = new Streams('micro').stream('entities');
  const run = {};
  let actor = 0;
  const replica = (): Replica => {
    const deviceIndex = actor++;
    return lww.create({ deviceIndex, incarnation: 0, actor: deviceIndex, random: () => 0.5, nowMs: () => 1e12, run });
  };
  let drafts: EntityDraft[] = [];
  let changes: Uint8Array[] = [];
  let writer = replica();
  let reader = replica();
  const edit = (): void => {
    changes = drafts.flatMap(({ edits }) => writer.editTogether!(edits));
  };
  const draw = (count: number): void => {
    drafts = Array.from({ length: count }, (_, ordinal) => {
      const type = stream.pick(ENTITY_TYPES);
      return drawEntity(stream, type, entityName(type, 1, ordinal), CHART_OF_ACCOUNTS, 1e12);
    });
    writer = replica();
    reader = replica();
  };
  return [
    { name: 'lww edit', prepare: draw, run: edit },
    {
      name: 'lww receive',
      prepare(count) {
        draw(count);
        edit();
      },
      run() {
        for (let at = 0; at < changes.length; at += 10) sink += reader.receive(changes.slice(at, at + 10)).length;
      },
    },
  ];
}

const [perRound = 200_000, rounds = 7] = process.argv.slice(2).map(Number);
const operations = [timers(), processes(), messages(), jobs(), records(), samples(), ...draws(), ...documents()];
const printed: MicroRounds = {};
for (const { name, prepare, run } of operations) {
  const ns: number[] = [];
  for (let round = -1; round < rounds; round++) {
    prepare?.(perRound);
    const ms = cpuMsOf(() => run(perRound));
    // The first round compiles.
    if (round >= 0) ns.push((ms * 1e6) / perRound);
  }
  printed[name] = ns;
}
if (Number.isNaN(sink)) throw new Error('an operation gave what is no number');
console.log(JSON.stringify(printed));
