import { describe, expect, it } from 'vitest';
import { LiveLine } from '../../cli/report/live-line.ts';
import { progressLine } from '../../cli/report/progress.ts';
import type { Progress } from '../../scenarios/result.ts';

const at = (seconds: number) => ({ virtualUs: seconds * 1e6, endUs: 900e6, phase: 'hold', events: seconds * 1000 });

/** A reporter with a clock in the test's hand. */
function reporterAt(inPlace: boolean) {
  const seen = { text: '', nowMs: 0, columns: 200 };
  const line = new LiveLine({
    write: (text) => void (seen.text += text),
    nowMs: () => seen.nowMs,
    inPlace,
    columns: () => seen.columns,
  });
  const reporter = {
    update: (progress: Progress) => line.update((elapsedMs) => progressLine(progress, elapsedMs)),
    end: () => line.end(),
  };
  return { seen, reporter };
}

describe('the progress line', () => {
  it('says percent, virtual time, phase, events a second, speed and time left', () => {
    expect(progressLine(at(378), 3000)).toBe(' 42%  6m18s of 15m  hold  126k events/s  126× real time  5s left');
  });

  it('says no time left before anything is known of the speed', () => {
    expect(progressLine({ ...at(0), events: 0 }, 0)).toBe('  0%  0s of 15m  hold  0 events/s  0× real time');
  });

  it('never passes 100%', () => {
    expect(progressLine({ ...at(901) }, 3000)).toMatch(/^100% .* 0s left$/);
  });
});

describe('on a terminal', () => {
  it('one line is rewritten, a few times a second, within the width', () => {
    const { seen, reporter } = reporterAt(true);
    seen.columns = 30;
    reporter.update(at(1));
    const first = seen.text;
    expect(first).toBe(`\r${progressLine(at(1), 0).slice(0, 29)}\u001b[K`);
    seen.nowMs = 50;
    reporter.update(at(2));
    expect(seen.text).toBe(first);
    seen.nowMs = 150;
    reporter.update(at(3));
    expect(seen.text.length).toBeGreaterThan(first.length);
    expect(seen.text).not.toContain('\n');
  });

  it('the line is taken away at the end, once', () => {
    const { seen, reporter } = reporterAt(true);
    reporter.end();
    expect(seen.text).toBe('');
    reporter.update(at(1));
    seen.text = '';
    reporter.end();
    reporter.end();
    expect(seen.text).toBe('\r\u001b[K');
  });
});

describe('elsewhere', () => {
  it('a plain line comes every five seconds, none before', () => {
    const { seen, reporter } = reporterAt(false);
    for (const nowMs of [0, 1000, 4999, 5000, 6000, 9999, 10_000]) {
      seen.nowMs = nowMs;
      reporter.update(at(nowMs / 1000));
    }
    reporter.end();
    expect(seen.text).toBe(`${progressLine(at(5), 5000)}\n${progressLine(at(10), 10_000)}\n`);
  });
});
