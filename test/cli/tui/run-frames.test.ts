// How a watched run goes in real time: rates over the last moments, time left, pauses left out. Clocks are the test's own.
import { expect, test } from 'vitest';
import { RunFrames } from '../../../cli/tui/run-frames.ts';
import type { RunWatch } from '../../../scenarios/watch/run-watch.ts';

const PACE = { canPause: true, isPaused: false, speedMax: null, stepped: [] };
const S = 1_000_000;

function scene(runs = 1) {
  const at = { nowMs: 10_000, pausedMs: 0 };
  const run = { virtualUs: 0, events: 0, endUs: 600 * S, phase: 'hold' };
  const watch = (): RunWatch =>
    ({
      get progress() {
        return { ...run };
      },
      snapshot: () => ({ atUs: run.virtualUs, endUs: run.endUs, events: run.events }),
    }) as unknown as RunWatch;
  const frames = new RunFrames({ nowMs: () => at.nowMs, pausedMs: () => at.pausedMs, pace: () => PACE, runs });
  const pass = (ms: number, virtualUs: number, events: number): void => {
    at.nowMs += ms;
    run.virtualUs += virtualUs;
    run.events += events;
  };
  return { at, run, frames, watch, pass };
}

test('rates are those of the last seconds, not of the whole run', () => {
  const { frames, watch, pass } = scene();
  frames.begin(watch());
  frames.frame('overview');
  for (let second = 0; second < 10; second++) {
    pass(1000, 100 * S, 1000);
    frames.frame('overview');
  }
  for (let second = 0; second < 5; second++) {
    pass(1000, 10 * S, 500);
    frames.frame('overview');
  }
  const { speed, eventsPerSecond, elapsedMs } = frames.frame('overview');
  expect(speed).toBeCloseTo(10, 5);
  expect(eventsPerSecond).toBeCloseTo(500, 5);
  expect(elapsedMs).toBe(15_000);
});

test('the time left is what is left of virtual time at the speed of now', () => {
  const { frames, watch, pass } = scene();
  frames.begin(watch());
  frames.frame('overview');
  pass(1000, 100 * S, 10);
  expect(frames.frame('overview').leftMs).toBeCloseTo(5000, 5);
});

test('before anything has happened nothing is said of the time left', () => {
  const { frames, watch } = scene();
  frames.begin(watch());
  expect(frames.frame('overview')).toMatchObject({ leftMs: null, speed: 0, eventsPerSecond: 0, verdict: null });
});

test('time for which a run was paused does not count', () => {
  const { at, frames, watch, pass } = scene();
  frames.begin(watch());
  frames.frame('overview');
  pass(1000, 100 * S, 1000);
  frames.frame('overview');
  at.nowMs += 60_000;
  at.pausedMs += 60_000;
  pass(1000, 100 * S, 1000);
  expect(frames.frame('overview')).toMatchObject({ elapsedMs: 2000, speed: 100, eventsPerSecond: 1000 });
});

test('a run that has ended has the rates of all of it, and its clock stands still', () => {
  const { at, frames, watch, pass } = scene();
  frames.begin(watch());
  for (const virtualUs of [500 * S, 50 * S, 50 * S]) {
    pass(4000, virtualUs, 600);
    frames.frame('overview');
  }
  const last = frames.frame('overview', 'passed');
  expect(last).toMatchObject({ elapsedMs: 12_000, speed: 50, eventsPerSecond: 150, verdict: 'passed' });
  at.nowMs += 5000;
  expect(frames.frame('histogram', 'passed')).toMatchObject({ elapsedMs: 12_000, speed: 50 });
});

test('a second run begins anew', () => {
  const { frames, watch, pass, run } = scene(2);
  frames.begin(watch());
  pass(1000, 600 * S, 100);
  expect(frames.frame('overview').run).toEqual({ number: 1, of: 2 });
  Object.assign(run, { virtualUs: 0, events: 0 });
  frames.begin(watch());
  pass(1000, 10 * S, 100);
  expect(frames.frame('overview')).toMatchObject({ run: { number: 2, of: 2 }, elapsedMs: 1000, speed: 10 });
});
