import { describe, expect, test } from 'vitest';
import { barBeside, progressLines, spoken } from '../../../../cli/tui/components/progress.ts';
import { lineWidth } from '../../../../cli/tui/components/spans.ts';
import type { RunFrame } from '../../../../cli/tui/messages.ts';
import { LIGHT, STORM } from '../recorded.ts';

function lines(frame: RunFrame, columns = 120): string[] {
  return progressLines(frame, columns).map((line) =>
    line.map((each) => (typeof each === 'string' ? each : each.text)).join(''),
  );
}

describe('progress', () => {
  test('says percent, virtual time, speed, real time, rate and what is left', () => {
    const [first, second] = lines(LIGHT);
    expect(first).toMatch(/^█+.?░+ {2}50% {2}2m 30s of 5m {2}312× real time$/);
    expect(second).toMatch(/^0\.5s of real time · 1s left · 182k events\/s · \d+k events$/);
  });

  test('says in words that it is paused or slowed', () => {
    expect(lines(STORM)[1]).toMatch(/^‖ paused · at most 10× real time · /);
    expect(lines(LIGHT)[1]).not.toContain('paused');
  });

  test('says which of two runs it is', () => {
    expect(lines(STORM)[1]).toContain('run 2 of 2');
  });

  test('says nothing of what is left where nobody knows, or at the end', () => {
    expect(lines({ ...LIGHT, leftMs: null })[1]).not.toContain('left');
    expect(lines({ ...LIGHT, verdict: 'passed' })[1]).not.toContain('left');
  });

  test('leaves pieces out rather than be cut', () => {
    for (let columns = 20; columns <= 120; columns++) {
      expect(lineWidth(progressLines(LIGHT, columns)[1]!)).toBeLessThanOrEqual(columns);
    }
  });

  test('shows tenths of seconds where the whole run is short', () => {
    const snapshot = { ...LIGHT.snapshot, atUs: 3_260_000, endUs: 10_000_000 };
    expect(lines({ ...LIGHT, snapshot })[0]).toContain('3.2s of 10.0s');
  });

  test('speaks of times in words apart', () => {
    expect(spoken(130_400)).toBe('2m 10s');
    expect(spoken(900)).toBe('0s');
    expect(spoken(3_600_000 + 61_000)).toBe('1h 1m 1s');
  });

  test('has a bar as wide as it is to be, at any share', () => {
    for (let share = 0; share <= 1.05; share += 0.013) expect(lineWidth(barBeside([], share, 18))).toBe(18);
    expect(barBeside(['half'], 0, 13)).toEqual([{ text: '░░░░░░░░', look: 'quiet' }, ' ', 'half']);
    expect(barBeside(['half'], 1, 13)).toEqual([{ text: '████████', look: 'good' }, ' ', 'half']);
    expect(barBeside(['half'], 1, 12)).toEqual(['half']);
  });
});
