// Metrics sent over OTLP/HTTP, received by a small collector: names, units, values; and collectors that do not take them.
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { sendOtlp } from '../../../cli/report/otlp.ts';
import { BOUNDARIES_MS } from '../../../cli/report/otlp-metrics.ts';
import type { Reported } from '../../../cli/report/reported.ts';
import type { Result } from '../../../scenarios/result.ts';
import type { StoredResult } from '../../../scenarios/result-file.ts';
import { run } from '../../../scenarios/run.ts';
import { recordedResult } from '../recorded-result.ts';

afterEach(() => vi.unstubAllEnvs());

interface KeyValue {
  key: string;
  value: Record<string, unknown>;
}
interface Point {
  attributes: KeyValue[];
  asInt?: number | string;
  asDouble?: number;
  count?: number | string;
  sum?: number;
  min?: number;
  max?: number;
  bucketCounts?: number[];
  explicitBounds?: number[];
  startTimeUnixNano: string;
  timeUnixNano: string;
}
interface Metric {
  name: string;
  unit: string;
  sum?: { dataPoints: Point[]; isMonotonic: boolean; aggregationTemporality: number };
  gauge?: { dataPoints: Point[] };
  histogram?: { dataPoints: Point[]; aggregationTemporality: number };
}
interface Body {
  resourceMetrics: { resource: { attributes: KeyValue[] }; scopeMetrics: { scope: object; metrics: Metric[] }[] }[];
}

async function listening(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A collector that takes what comes. */
async function collector() {
  const received: { path: string; headers: IncomingHttpHeaders; body: Body }[] = [];
  const url = await listening((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      received.push({ path: request.url!, headers: request.headers, body: JSON.parse(text) as Body });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"partialSuccess":{}}');
    });
  });
  return { url, received };
}

const send = (url: string, subjects: Reported[], timeoutMs?: number) =>
  sendOtlp({ subjects, stories: new Map() }, url, timeoutMs);
/** A result as a file holds it. */
const stored = (result: Result): StoredResult => ({ ...result, config: { ...result.config } });

const recorded: Reported = { kind: 'run', name: 'out.json', result: stored(recordedResult()) };
const attributesOf = (list: KeyValue[]) =>
  Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]));
const metricsOf = ({ resourceMetrics }: Body) =>
  new Map(resourceMetrics[0]!.scopeMetrics[0]!.metrics.map((metric) => [metric.name, metric]));

describe('a collector', () => {
  it('receives the figures of a run, with its names, units and values', async () => {
    const config = { users: 8, durationMs: 60_000, rampUpMs: 10_000, rampDownMs: 10_000 };
    const { result } = await run({ scenario: 'sync-relay', seed: 'otlp', config });
    const { url, received } = await collector();
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-api-key=s3cret');
    await send(url, [{ kind: 'run', name: 'out.json', result: stored(result) }]);
    expect(received).toHaveLength(1);
    const [{ path, headers, body }] = received as [(typeof received)[0]];
    expect(path).toBe('/v1/metrics');
    expect(headers['x-api-key']).toBe('s3cret');
    expect(attributesOf(body.resourceMetrics[0]!.resource.attributes)).toEqual({
      'service.name': 'squall',
      'service.version': '0.1.0',
      'squall.scenario': 'sync-relay',
      'squall.profile': 'light',
      'squall.seed': 'otlp',
      'squall.side': 'model',
      'squall.clock': 'virtual',
      'squall.trace_hash': result.traceHash,
    });
    const metrics = metricsOf(body);
    for (const metric of result.metrics) {
      const sent = metrics.get(`squall.${metric.name}`);
      if (metric.type === 'counter') {
        expect(sent).toMatchObject({ unit: metric.name.includes('bytes') ? 'By' : '1', sum: { isMonotonic: true } });
        expect(Number(sent!.sum!.dataPoints[0]!.asInt)).toBe(metric.values.count);
      } else if (metric.type === 'rate' && metric.values.total > 0) {
        expect(sent!.gauge!.dataPoints[0]!.asDouble).toBe(metric.values.rate);
        expect(Number(metrics.get(`squall.${metric.name}.passes`)!.sum!.dataPoints[0]!.asInt)).toBe(
          metric.values.passes,
        );
        expect(Number(metrics.get(`squall.${metric.name}.total`)!.sum!.dataPoints[0]!.asInt)).toBe(metric.values.total);
      } else if (metric.type === 'trend' && metric.values.count > 0) {
        const { unit, histogram } = sent!;
        const [point] = histogram!.dataPoints as [Point];
        const { count, min, max, mean, p95 } = metric.values;
        expect([unit, Number(point.count), point.min, point.max]).toEqual(['ms', count, min, max]);
        expect(point.sum).toBeCloseTo(mean * count, 3);
        expect(point.explicitBounds).toEqual(BOUNDARIES_MS);
        expect(point.bucketCounts!.map(Number).reduce((sum, each) => sum + each, 0)).toBe(count);
        // The bucket in which the 95th value lies holds the percentile.
        let [bucket, upTo] = [-1, 0];
        while (upTo < Math.ceil(count * 0.95)) upTo += Number(point.bucketCounts![++bucket]);
        expect(p95).toBeLessThanOrEqual((BOUNDARIES_MS[bucket] ?? Infinity) * 1.002);
        expect(p95).toBeGreaterThan(bucket === 0 ? -1 : BOUNDARIES_MS[bucket - 1]! * 0.998);
        const quantiles = metrics.get(`squall.${metric.name}.quantile`)!.gauge!.dataPoints;
        const exact = quantiles.find(({ attributes }) => attributesOf(attributes)['quantile'] === '0.95');
        expect(exact!.asDouble).toBe(p95);
      }
    }
    expect(metrics.get('squall.offered_rate')!.gauge!.dataPoints[0]!.asDouble).toBe(result.offered.rate);
    const [passed] = metrics.get('squall.passed')!.gauge!.dataPoints as [Point];
    expect([passed.asDouble, attributesOf(passed.attributes)]).toEqual([
      result.verdict === 'passed' ? 1 : 0,
      { verdict: result.verdict },
    ]);
    expect(BigInt(passed.timeUnixNano)).toBeGreaterThan(BigInt(passed.startTimeUnixNano));
  });

  it('receives each thing as a resource of its own, older results without distributions too', async () => {
    const { timeline: _timeline, histograms: _histograms, ...older } = stored(recordedResult());
    const { url, received } = await collector();
    const replay: Reported = {
      kind: 'replay',
      name: 'replay.json',
      result: {
        schemaVersion: 1,
        tool: { name: 'squall', version: '0.1.0' },
        runtime: { node: '24', v8: '13', lockHash: '00' },
        files: [{ file: 'a', verdict: 'reproduced', exitCode: 1 }],
        exitCode: 1,
      },
    };
    await send(`${url}/otlp/custom?x=1`, [{ kind: 'run', name: 'a', result: older }, replay]);
    expect(received.map(({ path }) => path)).toEqual(['/otlp/custom?x=1', '/otlp/custom?x=1']);
    const [first, second] = received.map(({ body }) => metricsOf(body));
    expect(first!.get('squall.requests')).toBeUndefined();
    expect(first!.get('squall.requests.quantile')!.gauge!.dataPoints).toHaveLength(5);
    expect(first!.get('squall.log_bytes')).toMatchObject({ unit: 'By' });
    expect(second!.get('squall.exit_code')!.gauge!.dataPoints[0]!.asDouble).toBe(1);
  });

  it('receives names from elsewhere as they are, as values', async () => {
    const { url, received } = await collector();
    const evil = '<script>"\u001b[31m\n::error::';
    await send(url, [{ kind: 'run', name: 'a', result: { ...stored(recordedResult()), seed: evil } }]);
    expect(attributesOf(received[0]!.body.resourceMetrics[0]!.resource.attributes)['squall.seed']).toBe(evil);
  });
});

describe('a collector that does not take them is one clear line', () => {
  it('because nobody listens', async () => {
    // No port of ours, and one that only the system may open.
    const closed = 'http://user:pass@127.0.0.1:1';
    await expect(send(closed, [recorded])).rejects.toThrow(
      /^ERR_OTLP --otlp: got "http:\/\/127\.0\.0\.1:1\/v1\/metrics", expected a collector that takes metrics \(connection refused\)$/,
    );
  });

  it('because it answers with an error, which is asked for once', async () => {
    let requests = 0;
    const url = await listening((request, response) => {
      requests++;
      request.resume().on('end', () => response.writeHead(500, 'Broken').end('\u001b[31mno'));
    });
    await expect(send(url, [recorded, recorded])).rejects.toThrow(
      /collector that takes metrics \(it answered 500 Broken\)$/,
    );
    expect(requests).toBe(1);
  });

  it('because it never answers, or never ends to', async () => {
    const hangs = await listening((request) => void request.resume());
    await expect(send(hangs, [recorded], 300)).rejects.toThrow(/\(no answer in time\)$/);
    const drips = await listening((request, response) => {
      request.resume();
      response.writeHead(200).write('{');
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    });
    await expect(send(drips, [recorded], 300)).rejects.toThrow(/\(no answer in time\)$/);
  });

  it('because it is busy for longer than there is time', async () => {
    const url = await listening((request, response) => {
      request.resume().on('end', () => response.writeHead(503).end());
    });
    await expect(send(url, [recorded], 300)).rejects.toThrow(/\(it was busy, time after time\)$/);
  });

  it.each(['ftp://x', 'nothing', ''])('because %j is no address', async (url) => {
    await expect(send(url, [recorded])).rejects.toThrow(
      /^ERR_OTLP --otlp: got ".*", expected an address of a collector/,
    );
  });
});
