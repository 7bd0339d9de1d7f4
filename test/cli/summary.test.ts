import { describe, expect, it } from 'vitest';
import { painter, percent, short, shortCount, time } from '../../cli/report/format.ts';
import { headerText, wholeConfigText } from '../../cli/report/header.ts';
import { summaryText } from '../../cli/report/summary.ts';
import type { Finding } from '../../models/finding.ts';
import { FAULT_PRESETS } from '../../scenarios/fault-presets.ts';
import { recordedResult } from './recorded-result.ts';

const plain = painter(false);

const finding: Finding = {
  oracle: 'convergence',
  kind: 'safety',
  signature: 'views-differ',
  atUs: 252_500_000,
  event: 1_234,
  devices: [3, 7],
  documents: ['ledger-1'],
  detail: { left: 1, right: 2 },
};

const GOLDEN = `sync-relay · light · seed 42
  5m12s of virtual time in 3.1s, 101× real time; 1,234,567 events (398k/s)

  offered rate ................: 319 req/s  (target 200–400)
  achieved rate ...............: 317 req/s  (target 200–400)

  requests ....................: n=95,164  min=5.2ms   mean=64.1ms  p50=60.4ms  p90=90.1ms  p95=128ms  p99=1s  p99.9=1.28s  max=5m12s
  catch_up_time ...............: n=0
  push_response_time ..........: n=7       min=0.85ms  mean=64.1ms  p50=60.4ms  p90=90.1ms  p95=128ms  p99=1s  p99.9=1.28s  max=5m12s
  requests_failed .............: 0.01%  1 of 95,164
  changes_accepted ............: 12,345  41.1/s
  log_bytes ...................: 7,406,000  min=0  max=7,406,000

✓ requests p(95)<500 ..........: 128.44ms
✓ requests_failed rate<0.05 ...: 0.00001
✓ changes_accepted count>0 ....: 12345

✓ no findings

  faults: loss 12
  faults never fired: partition
  marks: page boundary 3
  marks never reached: retry met a stored change

  trace hash     0123456789abcdef
  protocol hash  fedcba9876543210

✓ passed
`;

describe('the summary', () => {
  it('of a run that passed', () => expect(summaryText(recordedResult(), plain)).toBe(GOLDEN));

  it('crosses the thresholds that were missed, with values on the right side of the limit', () => {
    const thresholds = [
      { metric: 'requests', expression: 'p(95)<128.4', value: 128.44, ok: false },
      { metric: 'catch_up_time', expression: 'p(95)<1', value: null, ok: false },
    ];
    const text = summaryText(recordedResult({ thresholds, verdict: 'threshold' }), plain);
    expect(text).toContain('✗ requests p(95)<128.4 ....: 128.44ms\n');
    expect(text).toContain('✗ catch_up_time p(95)<1 ...: no samples\n');
    expect(text.endsWith('✗ failed: a threshold was crossed (exit 99)\n')).toBe(true);
  });

  it('tells findings with where and what, and what else holds', () => {
    const thresholds = [{ metric: 'requests', expression: 'p(95)<1', value: 2, ok: false }];
    const text = summaryText(recordedResult({ findings: [finding], thresholds, verdict: 'safety' }), plain);
    expect(text).toContain(
      '✗ safety: convergence (views-differ)\n' +
        '    at 4m13s, event 1,234; devices 3, 7; documents ledger-1\n' +
        '    {"left":1,"right":2}\n',
    );
    expect(text).toContain('✗ failed: a safety finding (exit 1; also threshold)\n');
  });

  it('tells whether a run recovered from its incident, and why not', () => {
    const reason = '180 s after the incident ended (at 120 s) p95 is 900 ms, before it 80 ms';
    const textOf = (verdict: 'recovered' | 'unknown' | 'metastable', said = reason): string =>
      summaryText(
        recordedResult({
          recovery: { verdict, reason: said },
          verdict: verdict === 'metastable' ? 'metastable' : 'passed',
        }),
        plain,
      );
    expect(textOf('metastable')).toContain(`✓ no findings\n✗ metastable: ${reason}\n`);
    expect(textOf('metastable')).toContain(
      '✗ failed: metastable, the load is what it was and the system is not (exit 99)\n',
    );
    expect(textOf('unknown', 'too short')).toContain('! whether it recovers cannot be told: too short\n');
    expect(textOf('recovered', 'as before')).toContain('✓ recovered: as before\n');
    expect(textOf('unknown').endsWith('✓ passed\n')).toBe(true);
  });

  it('shortens long findings and long lists of them', () => {
    const long = {
      ...finding,
      devices: Array.from({ length: 12 }, (_, index) => index),
      detail: { text: 'x'.repeat(999) },
    };
    const text = summaryText(
      recordedResult({ findings: Array.from({ length: 13 }, () => long), verdict: 'safety' }),
      plain,
    );
    expect(text).toContain('devices 0, 1, 2, 3, 4, 5, 6, 7 and 4 more;');
    expect(text).toContain('  and 3 more; --json <file> has them all\n');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(260);
  });

  it('says when the band was missed, and on which side', () => {
    const band = { requestsPerSecondMin: 200, requestsPerSecondMax: 400 };
    const text = summaryText(recordedResult({ offered: { rate: 42, achieved: 8400, band } }), plain);
    expect(text).toMatch(/offered rate \.+: 42 req\/s {2}below the target 200–400\n/);
    expect(text).toMatch(/achieved rate \.+: 8,400 req\/s {2}above the target 200–400\n/);
    const without = summaryText(recordedResult({ offered: { rate: 42, achieved: 40, band: null } }), plain);
    expect(without).not.toContain('target');
  });

  it('has colours only where they are wanted', () => {
    expect(summaryText(recordedResult(), painter(true))).toContain('\u001b[32m✓\u001b[39m');
    expect(summaryText(recordedResult(), plain)).not.toContain('\u001b');
  });
});

describe('the header', () => {
  const { config } = recordedResult();

  it('has the seed and the configuration in a few lines', () => {
    expect(headerText(config, plain)).toBe(`squall 0.1.0 · fake · light · seed 42
  users     100 (light 40, active 50, power 10), think × 1
  time      5m (up 30s, down 30s), then at most 5m to agree, from 2026-01-01T00:00:00Z
  devices   documents lww, dialect 1.1, batches of 10, sync every 30s
  network   broadband: 29 ms one way (5–2,000, σ 0.35), 20 Mbit/s up, 100 Mbit/s down
  relay     model, 4 × 4 workers, queue 10,000, pages of 100, virtual clock
  faults    none
  workload  thinkMsMin 1000, thinkMsMax 5000, pushShare 0.4
`);
  });

  it('says what is not as usual', () => {
    const network = { ...config.network, lossRate: 0.05, bandwidthKbitUp: 0 };
    const faults = { ...config.faults, name: 'mine', partitionsPerHour: 3 };
    const relay = { ...config.relay, name: 'published', rateLimitPerMinute: 60 };
    const text = headerText({ ...config, network, faults, relay }, plain);
    expect(text).toContain('unlimited up, 100 Mbit/s down, loss 5%\n');
    expect(text).toContain('faults    mine, partitionsPerHour 3\n');
    expect(text).toContain('relay     published: model, 4 × 4 workers');
    expect(text).toContain('pages of 100, 60 requests a minute,');
  });

  it('says of faults only what is unlike none, over as many lines as it takes', () => {
    const text = headerText({ ...config, faults: { ...FAULT_PRESETS['chaos']!, crashMsMean: 0 } }, plain);
    const lines = text.split('\n').filter((line) => /^ {2}faults|^ {12}/.test(line));
    expect(lines[0]).toMatch(/^ {2}faults {4}chaos, lossRate 0\.02, .*,$/);
    expect(lines.length).toBeGreaterThan(3);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(112);
    expect(lines.at(-1)).toMatch(/^ {12}\S.*retentionsPerHour 2$/);
    const all = lines.map((line) => line.slice(12)).join(' ');
    expect(all).toContain('crashMsMean 0, ');
    expect(all).not.toContain('clogMsMean');
    expect(all).not.toMatch(/overtakes|relayTail|lostFailovers/);
  });

  it('can be every key, one a line', () => {
    const lines = wholeConfigText(config).split('\n');
    expect(lines).toContain('  network.latencyMsMean = 29');
    expect(lines).toContain('  seed = "42"');
    expect(lines).toContain('  workload.pushShare = 0.4');
  });
});

describe('numbers', () => {
  it.each([
    [0, '0ms'],
    [0.854, '0.85ms'],
    [64.12, '64.1ms'],
    [999.4, '999ms'],
    [999.6, '1s'],
    [1280, '1.28s'],
    [59_994, '59.99s'],
    [59_999, '1m'],
    [312_400, '5m12s'],
  ])('%d ms is %s', (ms, text) => expect(time(ms)).toBe(text));

  it.each([
    [0, '0'],
    [9.999, '10'],
    [100, '100'],
    [1200, '1,200'],
    [1_234_567.8, '1,234,568'],
  ])('%d is %s in short', (value, text) => expect(short(value)).toBe(text));

  it.each([
    [950, '950'],
    [38_240, '38.2k'],
    [398_247, '398k'],
    [1_234_567, '1.2M'],
  ])('%d is the count %s', (value, text) => expect(shortCount(value)).toBe(text));

  it('a share is 0% or 100% only where it is exactly that', () => {
    expect([0, 1e-9, 0.5, 1 - 1e-9, 1].map(percent)).toEqual(['0.00%', '0.01%', '50.00%', '99.99%', '100.00%']);
  });
});

it('leaves columns out of trends where the terminal is narrow, and says which', () => {
  const lines = (columns: number): string[] => summaryText(recordedResult(), plain, columns).split('\n');
  const trend = (columns: number): string => lines(columns).find((line) => line.includes('p95='))!;
  expect(trend(Infinity)).toContain('p99.9=');
  const wide = trend(Infinity).length;
  expect(trend(wide)).toBe(trend(Infinity));
  const narrow = trend(80);
  expect(narrow.length).toBeLessThanOrEqual(80);
  expect(narrow).toMatch(/p50=.*p95=.*p99=/);
  expect(narrow).not.toContain('p99.9=');
  expect(lines(80).some((line) => line.startsWith('  (too narrow for p99.9, '))).toBe(true);
});
