// What an operator asks of the relay: whether it lives, what it is, where it stands, and how it has served. Open to all,
// without a limit, and about nobody's ledger. Must not know push and pull.

import type { FastifyInstance } from 'fastify';
import {
  type HealthResponse,
  PROTOCOL_1_1,
  type RegionsResponse,
  type SlaResponse,
  type VersionResponse,
} from '../protocol.ts';
import { JSON_TYPE, loggableError } from './errors.ts';
import type { ServiceLevel } from './service-level.ts';
import type { ServiceMetrics } from './service-metrics.ts';
import type { RelayStore } from './store.ts';
import { SERVER_VERSION } from './version.ts';

/** Routes that no limit holds up: whoever watches the relay must see it when it is busiest. */
export const UNLIMITED_ROUTES: ReadonlySet<string> = new Set([
  '/health',
  '/version',
  '/regions',
  '/metrics',
  '/metrics/sla',
]);

export interface HealthPorts {
  readonly store: RelayStore;
  readonly level: ServiceLevel;
  readonly metrics: ServiceMetrics;
  readonly region: string;
  readonly environment: string | undefined;
  readonly nowMs: () => number;
}

/** A store that has not answered after this long is taken for one that fails. */
const CHECK_TIMEOUT_MS = 5000;
/** A store that takes longer than this to answer is one in need of help. */
const CHECK_SLOW_MS = 1000;

interface Checked {
  readonly isWell: boolean;
  readonly latencyMs: number;
}

/** Asks the store once for all who ask at the same time, so that asking is no load. */
function storeCheck(app: FastifyInstance, store: RelayStore): () => Promise<Checked> {
  let underWay: Promise<Checked> | undefined;
  const ask = async (): Promise<Checked> => {
    const started = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('the store does not answer')), CHECK_TIMEOUT_MS);
    });
    try {
      await Promise.race([store.check(), late]);
      return { isWell: true, latencyMs: performance.now() - started };
    } catch (error) {
      app.log.error({ error: loggableError(error) }, 'store check failed');
      return { isWell: false, latencyMs: performance.now() - started };
    } finally {
      clearTimeout(timer);
      underWay = undefined;
    }
  };
  return () => (underWay ??= ask());
}

/** Adds `GET /health`, `/version`, `/regions`, `/metrics/sla` and `/metrics`. */
export function addHealthRoutes(app: FastifyInstance, ports: HealthPorts): void {
  const { store, level, metrics, region, environment, nowMs } = ports;
  const startedMs = nowMs();
  const check = storeCheck(app, store);

  app.get('/health', async (_request, reply) => {
    const { isWell, latencyMs } = await check();
    const now = nowMs();
    const body: HealthResponse = {
      status: isWell ? (latencyMs > CHECK_SLOW_MS ? 'degraded' : 'ok') : 'error',
      timestamp: now,
      region,
      version: SERVER_VERSION,
      database: { status: isWell ? 'ok' : 'error', latency_ms: latencyMs },
      uptime_seconds: Math.max(0, (now - startedMs) / 1000),
    };
    return reply
      .code(isWell ? 200 : 503)
      .header('content-type', JSON_TYPE)
      .send(JSON.stringify(body));
  });

  app.get('/version', async (): Promise<VersionResponse> => ({
    protocol_version: PROTOCOL_1_1,
    server_version: SERVER_VERSION,
    ...(environment === undefined ? {} : { environment }),
    timestamp: nowMs(),
  }));

  app.get('/regions', async (): Promise<RegionsResponse> => ({
    regions: [{ id: region, name: region, status: 'online' }],
    timestamp: nowMs(),
  }));

  app.get('/metrics/sla', async (): Promise<SlaResponse> => {
    const { uptimePercentage, succeeded, failed, msMean, msP95, msP99, startMs, endMs } = level.summary(nowMs());
    return {
      uptime_percentage: uptimePercentage,
      total_requests: succeeded + failed,
      successful_requests: succeeded,
      failed_requests: failed,
      avg_response_time_ms: msMean,
      p95_response_time_ms: msP95,
      p99_response_time_ms: msP99,
      period_start: startMs,
      period_end: endMs,
    };
  });

  app.get('/metrics', async (_request, reply) =>
    reply.header('content-type', metrics.contentType).send(await metrics.text()),
  );
}
