import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeviceClock, type DeviceClockOptions } from '../../sim/device-clock.ts';

const EPOCH_MS = Date.UTC(2026, 0, 1);
const YEAR_US = 365 * 86400 * 1e6;

const simUs = fc.integer({ min: 0, max: YEAR_US });
const skewUs = fc.integer({ min: -1e15, max: 1e15 });
const driftPpm = fc.oneof(fc.constant(0), fc.double({ min: -100_000, max: 100_000, noNaN: true }));

describe('a device clock', () => {
  it('without skew and drift shows virtual time', () => {
    fc.assert(
      fc.property(simUs, (atUs) => {
        const clock = new DeviceClock({ epochMs: EPOCH_MS });
        expect(clock.nowUs(atUs)).toBe(atUs);
        expect(clock.nowMs(atUs)).toBe(EPOCH_MS + Math.floor(atUs / 1000));
      }),
      { seed: 1 },
    );
  });

  it('shows its skew as an offset that stays', () => {
    fc.assert(
      fc.property(simUs, skewUs, (atUs, skew) => {
        expect(new DeviceClock({ epochMs: EPOCH_MS, skewUs: skew }).nowUs(atUs)).toBe(atUs + skew);
      }),
      { seed: 2 },
    );
  });

  it('gains and loses by its drift', () => {
    expect(new DeviceClock({ epochMs: 0, driftPpm: 50 }).nowUs(3600e6)).toBe(3600e6 + 180_000);
    expect(new DeviceClock({ epochMs: 0, driftPpm: -50 }).nowUs(3600e6)).toBe(3600e6 - 180_000);
    expect(new DeviceClock({ epochMs: 0, driftPpm: 50, skewUs: -7 }).nowUs(1e6)).toBe(1e6 + 50 - 7);
  });

  it('rounds down, to microseconds and to milliseconds', () => {
    const fast = new DeviceClock({ epochMs: 0, driftPpm: 1 });
    expect([fast.nowUs(999_999), fast.nowUs(1_000_000)]).toEqual([999_999, 1_000_001]);
    const slow = new DeviceClock({ epochMs: 0, driftPpm: -1 });
    expect([slow.nowUs(0), slow.nowUs(1), slow.nowUs(1_000_000), slow.nowUs(1_000_001)]).toEqual([
      0, 0, 999_999, 999_999,
    ]);
    expect(new DeviceClock({ epochMs: 10, skewUs: 1999 }).nowMs(0)).toBe(11);
    expect(new DeviceClock({ epochMs: 10, skewUs: -1 }).nowMs(0)).toBe(9);
  });

  it('never runs back but for a step, whatever its drift', () => {
    fc.assert(
      fc.property(simUs, fc.integer({ min: 0, max: 1000 }), driftPpm, (atUs, laterUs, drift) => {
        const clock = new DeviceClock({ epochMs: EPOCH_MS, driftPpm: drift });
        expect(clock.nowUs(atUs + laterUs)).toBeGreaterThanOrEqual(clock.nowUs(atUs));
        expect(clock.nowMs(atUs + laterUs)).toBeGreaterThanOrEqual(clock.nowMs(atUs));
      }),
      { seed: 3, numRuns: 1000 },
    );
  });

  it('gives integers within a microsecond of its rate', () => {
    fc.assert(
      fc.property(simUs, skewUs, driftPpm, (atUs, skew, drift) => {
        const shownUs = new DeviceClock({ epochMs: EPOCH_MS, skewUs: skew, driftPpm: drift }).nowUs(atUs);
        expect(Number.isSafeInteger(shownUs)).toBe(true);
        const gainedUs = shownUs - skew - atUs;
        expect(Math.abs(gainedUs - (atUs * drift) / 1e6)).toBeLessThan(1 + 1e-6);
      }),
      { seed: 4 },
    );
  });

  it('goes on from what it shows when its drift changes, at the new rate', () => {
    fc.assert(
      fc.property(simUs, simUs, driftPpm, driftPpm, (atUs, laterUs, before, after) => {
        const clock = new DeviceClock({ epochMs: EPOCH_MS, driftPpm: before });
        const shownUs = clock.nowUs(atUs);
        clock.setDrift(atUs, after);
        expect(clock.nowUs(atUs)).toBe(shownUs);
        expect(clock.driftPpm).toBe(after);
        const gainedUs = clock.nowUs(atUs + laterUs) - shownUs - laterUs;
        expect(Math.abs(gainedUs - (laterUs * after) / 1e6)).toBeLessThan(1 + 1e-6);
      }),
      { seed: 5 },
    );
  });

  it('jumps by a step, forward and back, and goes on from there at its own rate', () => {
    fc.assert(
      fc.property(simUs, simUs, skewUs, driftPpm, (atUs, laterUs, byUs, drift) => {
        const clock = new DeviceClock({ epochMs: EPOCH_MS, driftPpm: drift });
        const unstepped = new DeviceClock({ epochMs: EPOCH_MS, driftPpm: drift });
        clock.step(atUs, byUs);
        expect(clock.nowUs(atUs)).toBe(unstepped.nowUs(atUs) + byUs);
        const difference = clock.nowUs(atUs + laterUs) - unstepped.nowUs(atUs + laterUs) - byUs;
        expect(Math.abs(difference)).toBeLessThanOrEqual(1);
      }),
      { seed: 6 },
    );
  });

  it('refuses to say what it showed before the last step', () => {
    const clock = new DeviceClock({ epochMs: EPOCH_MS });
    clock.step(1000, -500);
    expect(clock.nowUs(1000)).toBe(500);
    expect(() => clock.nowUs(999)).toThrow(/before its last step/);
    expect(() => clock.setDrift(999, 1)).toThrow(/before its last step/);
  });

  it.each([
    [{ epochMs: 0.5 }, 'epochMs'],
    [{ epochMs: 8.64e15 }, 'epochMs'],
    [{ epochMs: 0, skewUs: 1.5 }, 'skewUs'],
    [{ epochMs: 0, skewUs: 1e15 + 1 }, 'skewUs'],
    [{ epochMs: 0, driftPpm: Number.NaN }, 'driftPpm'],
    [{ epochMs: 0, driftPpm: -100_001 }, 'driftPpm'],
  ] as [DeviceClockOptions, string][])('refuses %j', (options, field) => {
    expect(() => new DeviceClock(options)).toThrow(`ERR_CONFIG ${field}: got `);
  });

  it('refuses a step or a drift out of range and keeps its time', () => {
    const clock = new DeviceClock({ epochMs: 0, driftPpm: 10 });
    expect(() => clock.step(5, 0.5)).toThrow('ERR_CONFIG byUs: got 0.5');
    expect(() => clock.setDrift(5, Infinity)).toThrow('ERR_CONFIG driftPpm: got Infinity');
    expect(clock.nowUs(1e6)).toBe(1_000_010);
  });
});
