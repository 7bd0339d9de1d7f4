// The relay's figures for Prometheus, in a registry of their own. No label holds what a client chose: ledgers, devices and
// unknown addresses would make series without end. Must not know how the figures are fetched.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { PROTOCOL_1_0, PROTOCOL_1_1 } from '../protocol.ts';
import { routeOf } from './logging.ts';
import type { CommitFigures } from './store.ts';
import { SERVER_VERSION } from './version.ts';

/** Seconds; from what a page out of memory takes to what a client waits for. */
const DURATION_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What is counted. */
export class ServiceMetrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<'method' | 'route' | 'status'>;
  readonly #durations: Histogram<'route'>;
  readonly #changes: Counter<'outcome'>;
  readonly #rows: Counter;
  readonly #connections: Gauge;
  readonly #notifications: Counter;
  readonly #commits: Histogram;
  readonly #committed: Counter<'what'>;

  /**
   * @param storeKind the kind of store behind the relay
   * @param connections gives the WebSockets that are open now
   */
  constructor(storeKind: string, connections: () => number) {
    const registers = [this.#registry];
    this.#requests = new Counter({
      name: 'squall_relay_requests_total',
      help: 'Answers by method, route and status.',
      labelNames: ['method', 'route', 'status'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'squall_relay_request_duration_seconds',
      help: 'Time from the first byte of a request to its answer.',
      labelNames: ['route'],
      buckets: DURATION_BUCKETS,
      registers,
    });
    this.#changes = new Counter({
      name: 'squall_relay_changes_total',
      help: 'Pushed changes: stored now, kept since before, or rejected.',
      labelNames: ['outcome'],
      registers,
    });
    for (const outcome of ['stored', 'kept', 'rejected']) this.#changes.inc({ outcome }, 0);
    this.#rows = new Counter({
      name: 'squall_relay_pulled_changes_total',
      help: 'Changes handed out on pages.',
      registers,
    });
    this.#connections = new Gauge({
      name: 'squall_relay_websocket_connections',
      help: 'WebSockets that are open now.',
      registers,
      collect: () => this.#connections.set(connections()),
    });
    this.#notifications = new Counter({
      name: 'squall_relay_notifications_total',
      help: 'Messages sent to WebSockets.',
      registers,
    });
    this.#commits = new Histogram({
      name: 'squall_relay_commit_duration_seconds',
      help: 'Time that a commit of pushed changes took in the store, where the store tells of it.',
      buckets: DURATION_BUCKETS,
      registers,
    });
    this.#committed = new Counter({
      name: 'squall_relay_committed_total',
      help: 'What those commits held: jobs, which are pushes mostly, and changes.',
      labelNames: ['what'],
      registers,
    });
    const cpu = new Counter({
      name: 'squall_relay_cpu_seconds_total',
      help: 'CPU time of the relay’s process, user and system.',
      registers,
      collect: () => {
        const { user, system } = process.cpuUsage();
        cpu.reset();
        cpu.inc((user + system) / 1e6);
      },
    });
    const build = new Gauge({
      name: 'squall_relay_build_info',
      help: 'Always 1; its labels say what runs.',
      labelNames: ['version', 'protocols', 'store', 'node'],
      registers,
    });
    const protocols = `${PROTOCOL_1_0},${PROTOCOL_1_1}`;
    build.set({ version: SERVER_VERSION, protocols, store: storeKind, node: process.version }, 1);
  }

  /** Counts an answered request. */
  answered(request: FastifyRequest, reply: FastifyReply): void {
    const route = routeOf(request);
    this.#requests.inc({ method: request.method, route, status: String(reply.statusCode) });
    this.#durations.observe({ route }, reply.elapsedTime / 1000);
    const { kind, stored, kept, rejected, rows } = request.facts;
    if (kind === 'push') {
      if (stored > 0) this.#changes.inc({ outcome: 'stored' }, stored);
      if (kept > 0) this.#changes.inc({ outcome: 'kept' }, kept);
      if (rejected > 0) this.#changes.inc({ outcome: 'rejected' }, rejected);
    } else if (kind === 'pull' && rows > 0) {
      this.#rows.inc(rows);
    }
  }

  /** Counts a commit. */
  committed({ jobs, changes, seconds }: CommitFigures): void {
    this.#commits.observe(seconds);
    this.#committed.inc({ what: 'jobs' }, jobs);
    this.#committed.inc({ what: 'changes' }, changes);
  }

  /** Counts a message to a WebSocket. */
  notified(): void {
    this.#notifications.inc();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All figures in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
