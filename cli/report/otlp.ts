// Sends what was reported to an OpenTelemetry collector over OTLP/HTTP, by the official exporter. It must not know which
// metrics there are.
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { HrTime } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { TOOL } from '../../scenarios/version.ts';
import { InputError } from '../../sim/errors.ts';
import { visibleLine } from '../../sim/visible-text.ts';
import { measuredOf } from './otlp-metrics.ts';
import type { Report } from './reported.ts';

/** Real time in which a collector has to have taken everything, ms. */
const TIMEOUT_MS = 10_000;
const REASON_CHARS = 120;

/**
 * Sends the metrics of all that is reported on, each thing as a resource of its own. Headers come from
 * `OTEL_EXPORTER_OTLP_HEADERS`, as the exporter has it. Proxies are not used.
 *
 * @param url the collector's address; `/v1/metrics` is added where it has no path
 * @param timeoutMs real time for all of it
 * @throws InputError (`ERR_OTLP`) where the collector does not take them
 */
export async function sendOtlp(report: Report, url: string, timeoutMs = TIMEOUT_MS): Promise<void> {
  const target = targetOf(url);
  const isSecure = target.protocol === 'https:';
  // Held here, so that nothing stays open whatever the collector does.
  const agent = isSecure ? new HttpsAgent({ keepAlive: false }) : new HttpAgent({ keepAlive: false });
  const fault = { reason: undefined as string | undefined };
  watchConnections(agent, (reason) => (fault.reason ??= reason));
  const deadlineMs = performance.now() + timeoutMs;
  const exporter = new OTLPMetricExporter({
    url: target.href,
    timeoutMillis: timeoutMs,
    httpAgentOptions: () => agent,
  });
  try {
    const [start, end] = spanOf();
    for (const subject of report.subjects) {
      const measured = measuredOf(subject, start, end);
      if (measured === undefined) continue;
      const attributes = { 'service.name': TOOL.name, 'service.version': TOOL.version, ...measured.resource };
      const scope = { name: TOOL.name, version: TOOL.version };
      const metrics: ResourceMetrics = {
        resource: resourceFromAttributes(attributes),
        scopeMetrics: [{ scope, metrics: measured.metrics }],
      };
      await exported(exporter, metrics, deadlineMs - performance.now());
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    const expected = `a collector that takes metrics (${fault.reason ?? reasonOf(error)})`;
    throw new InputError('--otlp', shown(target), expected, 'ERR_OTLP');
  } finally {
    agent.destroy();
    await exporter.shutdown();
  }
}

function targetOf(url: string): URL {
  const target = URL.canParse(url) ? new URL(url) : undefined;
  if (target?.protocol !== 'http:' && target?.protocol !== 'https:') {
    throw new InputError('--otlp', url, 'an address of a collector, such as http://127.0.0.1:4318', 'ERR_OTLP');
  }
  if (target.pathname === '/') target.pathname = '/v1/metrics';
  return target;
}

/** An address without a password, and without what a query may hold. */
function shown({ protocol, host, pathname }: URL): string {
  return visibleLine(`${protocol}//${host}${pathname}`);
}

/** From the beginning of this process until now. */
function spanOf(): [start: HrTime, end: HrTime] {
  const timeOf = (ms: number): HrTime => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1000) * 1000];
  return [timeOf(performance.timeOrigin), timeOf(performance.timeOrigin + performance.now())];
}

/** Ends when the exporter has answered, and at the latest when time is over. */
async function exported(exporter: OTLPMetricExporter, metrics: ResourceMetrics, leftMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), Math.max(1, leftMs));
  });
  const sent = new Promise<void>((resolve, reject) => {
    exporter.export(metrics, ({ error }) => {
      if (error === undefined) resolve();
      else reject(error);
    });
  });
  try {
    await Promise.race([sent, late]);
  } finally {
    clearTimeout(timer);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'no such host',
  ETIMEDOUT: 'no answer in time',
};

/** Hears why connections fail. Such a failure is final: the exporter tries again for as long as it may where it knows its code. */
function watchConnections(agent: HttpAgent, tell: (reason: string) => void): void {
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const stream = create(options, callback);
    stream?.prependListener('error', (error: NodeJS.ErrnoException) => {
      tell(REASONS[error.code ?? ''] ?? reasonOf(error));
      delete error.code;
    });
    return stream;
  };
}

function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: unknown };
  const text = visibleLine((message ?? '').split('\n')[0]!).slice(0, REASON_CHARS);
  if (typeof code === 'number') return `it answered ${code}${text === '' ? '' : ` ${text}`}`;
  if (text === 'Request timed out') return 'no answer in time';
  if (text === 'Export failed with retryable status') return 'it was busy, time after time';
  return text === '' ? 'it could not be reached' : text;
}
