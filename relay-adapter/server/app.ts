// The relay as a fastify app: composes routes, limits, tokens, figures and logs around a store. It listens nowhere by
// itself, so that it can be called in process too. Must not know sockets' addresses, nor which store it has.

import fastify, { type FastifyInstance } from 'fastify';
import { InputError } from '../../sim/errors.ts';
import { PULL_PAGE_MAX, REQUEST_BYTES_MAX } from '../protocol.ts';
import { admission } from './authorization.ts';
import { Waiting, addBodyBudget } from './body-budget.ts';
import { RelayError, clientErrorHandler, errorHandler, expectationHandler, invalidRequest } from './errors.ts';
import { UNLIMITED_ROUTES, addHealthRoutes } from './health-routes.ts';
import { limitsOf } from './limits.ts';
import { type LogStream, emptyFacts, logRequest, loggerOptions } from './logging.ts';
import { Membership } from './membership.ts';
import { addNotifications } from './notifications.ts';
import { PageBudget } from './page-budget.ts';
import { ServiceLevel } from './service-level.ts';
import { ServiceMetrics } from './service-metrics.ts';
import {
  BODY_LIMIT_BYTES_MAX,
  LOG_LEVELS,
  MEMBERSHIP_RULES,
  type MembershipRule,
  RATE_LIMIT_DEFAULT,
  REGION_DEFAULT,
} from './settings.ts';
import type { RelayStore } from './store.ts';
import { addMemberRoutes, addSyncRoutes } from './sync-routes.ts';
import { verifyToken } from './tokens.ts';

export interface RelayAppOptions {
  /** Stays open when the app is closed: whoever opened it closes it. */
  readonly store: RelayStore;
  /** Secret that tokens are signed with; undefined is an open relay, for which `serve` wants a loopback address. */
  readonly tokenSecret?: string | undefined;
  /** Changes on one page, 1–100; default 100. */
  readonly pageSize?: number;
  /** Default 10 MB. */
  readonly bodyLimitBytes?: number;
  /** Requests of each token and of each address in a minute; 0 is no limit; default 60. */
  readonly rateLimitPerMinute?: number;
  /** How long a request may take to come in whole, and a connection may be without a byte; default 120,000. */
  readonly requestTimeoutMs?: number;
  /** Whose cursors hold back the removal of a log: whoever comes (default), or those only who were put. */
  readonly membership?: MembershipRule;
  /** WebSockets of one ledger; default 1000. */
  readonly ledgerSocketsMax?: number;
  /** Default `local`. */
  readonly region?: string;
  readonly environment?: string;
  /** A level of pino, or `silent` (default). */
  readonly logLevel?: string;
  /** Where the log goes; default standard output. */
  readonly logStream?: LogStream;
  /** The relay's clock, milliseconds since 1970; default the machine's. */
  readonly nowMs?: () => number;
}

/** Longest part of an address that reaches a route: an id with every character escaped, so that it is told what is wrong. */
const PARAMETER_LENGTH_MAX = 512;
/** A request that has not come in whole after this long is ended: 10 MB at 85 kB/s. */
const REQUEST_TIMEOUT_MS = 120_000;
/** Headers have this long, or as long as the request where that is less. */
const HEADERS_TIMEOUT_MS = 60_000;
/** How often it is looked for requests that take too long, or as often as one may take where that is less. */
const TIMEOUT_CHECK_MS = 15_000;

function whole(field: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new InputError(field, value, `a whole number from ${least} to ${most}`);
}

/**
 * The relay's app over a store, ready to be injected into or listened with.
 *
 * @throws InputError for options that are none
 */
export async function relayApp(options: RelayAppOptions): Promise<FastifyInstance> {
  const { store, tokenSecret, membership: rule = MEMBERSHIP_RULES[0], region = REGION_DEFAULT, environment } = options;
  const { logLevel = 'silent', nowMs: clock = Date.now } = options;
  if (tokenSecret === '') throw new InputError('tokenSecret', tokenSecret, 'a secret that is not empty');
  if (!LOG_LEVELS.includes(logLevel)) throw new InputError('logLevel', logLevel, `one of ${LOG_LEVELS.join(', ')}`);
  const pageSize = whole('pageSize', options.pageSize ?? PULL_PAGE_MAX, 1, PULL_PAGE_MAX);
  const bodyLimit = whole('bodyLimitBytes', options.bodyLimitBytes ?? REQUEST_BYTES_MAX, 1, BODY_LIMIT_BYTES_MAX);
  const requestTimeout = whole('requestTimeoutMs', options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS, 1, 2 ** 31 - 1);
  const perMinute = whole('rateLimitPerMinute', options.rateLimitPerMinute ?? RATE_LIMIT_DEFAULT, 0, 2 ** 31);
  // In bodies a timestamp is whole.
  const nowMs = () => Math.max(0, Math.floor(clock()));

  const onError = errorHandler(bodyLimit, nowMs);
  const app: FastifyInstance = fastify({
    ...loggerOptions(logLevel, options.logStream),
    bodyLimit,
    requestTimeout,
    // Ends whoever asks and does not read the answer. A WebSocket has its heartbeat instead.
    connectionTimeout: requestTimeout,
    http: {
      headersTimeout: Math.min(requestTimeout, HEADERS_TIMEOUT_MS),
      connectionsCheckingInterval: Math.min(requestTimeout, TIMEOUT_CHECK_MS),
    },
    routerOptions: { maxParamLength: PARAMETER_LENGTH_MAX },
    // While the relay stops it answers what still comes on open connections: the hook below says so in the catalogue's words.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => {
      request.facts ??= emptyFacts();
      onError(error, request, reply);
    },
    clientErrorHandler: clientErrorHandler(nowMs),
  });
  app.server.on('checkExpectation', expectationHandler(nowMs));
  app.removeContentTypeParser('text/plain');
  app.setErrorHandler(onError);
  const notFound = (): never => {
    throw new RelayError('INVALID_REQUEST', 'there is nothing here', { status: 404 });
  };
  app.setNotFoundHandler(notFound);

  const level = new ServiceLevel(nowMs());
  const metrics = new ServiceMetrics(store.kind, () => app.websocketServer.clients.size);
  const endCommits = store.onCommit?.((commit) => metrics.committed(commit));
  const limits = await limitsOf(app, perMinute, nowMs);
  const { identify, admit, isUnlimited } = admission(tokenSecret, limits, nowMs);
  const waiting = new Waiting();
  const membership = new Membership(store, rule, nowMs);

  let isStopping = false;
  app.addHook('preClose', async () => {
    isStopping = true;
  });
  app.addHook('onClose', async () => endCommits?.());
  app.decorateRequest('facts');
  app.addHook('onRequest', (request, _reply, done) => {
    request.facts = emptyFacts();
    done();
  });
  app.addHook('onResponse', async (request, reply) => {
    waiting.leave(request);
    level.record(reply.statusCode, reply.elapsedTime, nowMs());
    metrics.answered(request, reply);
    logRequest(request, reply);
    // An answer that was on its way when the stop began leaves its connection open and idle.
    if (isStopping) setImmediate(() => app.server.closeIdleConnections());
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isStopping) reply.header('connection', 'close');
    done();
  });

  await addNotifications(app, {
    store,
    admit,
    isGood: (token) => tokenSecret === undefined || typeof verifyToken(tokenSecret, token, nowMs()) === 'object',
    notified: () => metrics.notified(),
    ledgerSocketsMax: options.ledgerSocketsMax,
  });
  // After the hook by which the plug-in knows an upgrade: it hangs up on those that are refused.
  app.addHook('onRequest', async (request) => {
    waiting.enter(request);
    if (isStopping) throw new RelayError('UNAVAILABLE', 'the relay stops', { retryAfterSeconds: 1 });
    request.facts.isUnlimited = isUnlimited(request);
    const isCounted = !request.facts.isUnlimited && !UNLIMITED_ROUTES.has(request.routeOptions.url ?? '');
    if (isCounted) await limits.byAddress(request);
    // The plug-in would take an upgrade on any address and then close it.
    if (request.ws && request.routeOptions.url !== '/ws') throw invalidRequest('there is no WebSocket here');
    // Before a body is read, of which nothing is wanted.
    if (request.is404) notFound();
  });
  addBodyBudget(app, bodyLimit);
  const sync = { store, identify, admit, membership, pages: new PageBudget(), pageSize, nowMs };
  addSyncRoutes(app, sync);
  addMemberRoutes(app, sync);
  addHealthRoutes(app, { store, level, metrics, region, environment, nowMs });
  await app.ready();
  return app;
}
