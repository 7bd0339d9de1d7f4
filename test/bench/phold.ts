// PHOLD in a process of its own: so many events are pending, and each schedules the next one after an exponential time
// (Fujimoto 1990, "Performance of Time Warp under synthetic workloads"). The kernel, through its public entry and with
// its trace and guard, and the object heap take turns. `node test/bench/phold.ts <pending> <events a round> <rounds>`
// prints one line of JSON: the CPU milliseconds of each round of both.

import assert from 'node:assert/strict';
import { installGuard } from '../../sim/guard.ts';
import { exponentialUs, Simulation, Streams } from '../../sim/library.ts';
import { cpuMsOf } from './measure.ts';
import { ObjectHeapSimulation } from './object-heap.ts';

/** Mean time from an event to the one that it schedules: one second, whatever is pending. */
const MEAN_US = 1_000_000;
/** Increments are drawn beforehand, so that what is measured is not the drawing; both walk the same list. */
const INCREMENTS = 1 << 16;

/** What one PHOLD process prints. */
export interface PholdRounds {
  readonly kernelMs: number[];
  readonly objectHeapMs: number[];
}

/** Something that runs so many events of a PHOLD. */
interface Contestant {
  /** Virtual time, the process of the last event, and how many events are pending. */
  state(): readonly number[];
  run(budget: number): void;
}

function drawIncrements(): Int32Array {
  const stream = new Streams('phold').stream('increments');
  return Int32Array.from({ length: INCREMENTS }, () => exponentialUs(stream, MEAN_US));
}

function kernel(pending: number, increments: Int32Array): Contestant {
  const simulation = new Simulation({ seed: 'phold' });
  let next = 0;
  let last = 0;
  const hold = simulation.handler('hold', (process) => {
    last = process;
    simulation.schedule(increments[next++ & (INCREMENTS - 1)]!, hold, process);
  });
  for (let process = 0; process < pending; process++) {
    simulation.schedule(increments[next++ & (INCREMENTS - 1)]!, hold, process);
  }
  return {
    state: () => [simulation.nowUs, last, simulation.pending],
    run: (budget) => void simulation.run(undefined, budget),
  };
}

function objectHeap(pending: number, increments: Int32Array): Contestant {
  const simulation = new ObjectHeapSimulation();
  let next = 0;
  let last = 0;
  const hold = (process: number): void => {
    last = process;
    simulation.schedule(increments[next++ & (INCREMENTS - 1)]!, () => hold(process));
  };
  for (let process = 0; process < pending; process++) hold(process);
  return {
    state: () => [simulation.nowUs, last, simulation.pending],
    run: (budget) => simulation.run(budget),
  };
}

function measure(pending: number, eventsPerRound: number, rounds: number): PholdRounds {
  const increments = drawIncrements();
  const ours = kernel(pending, increments);
  const theirs = objectHeap(pending, increments);
  // Past the first filling, and compiled.
  for (const contestant of [ours, theirs]) contestant.run(pending + eventsPerRound);
  const kernelMs: number[] = [];
  const objectHeapMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    kernelMs.push(cpuMsOf(() => ours.run(eventsPerRound)));
    objectHeapMs.push(cpuMsOf(() => theirs.run(eventsPerRound)));
  }
  // An event out of order would have taken another one's increment, so both have run the same events to the last.
  assert.deepEqual(ours.state(), theirs.state());
  return { kernelMs, objectHeapMs };
}

installGuard();
const [pending = 1000, eventsPerRound = 1_000_000, rounds = 7] = process.argv.slice(2).map(Number);
console.log(JSON.stringify(measure(pending, eventsPerRound, rounds)));
