// Push and pull, in both dialects, and the members of a ledger. A body is read once, its changes are kept as texts, and a
// page is put together from the texts that were kept. Must not know how a store works, nor what is in a payload.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CURSOR_LENGTH, cursorPosition, cursorText } from '../cursor.ts';
import { PAGE_SIZE_HEADER, PROTOCOL_1_0, PROTOCOL_1_1, type PullRequest10, type PullRequest11 } from '../protocol.ts';
import { decodeId, decodePullRequest, decodePushEnvelope, encodePushResponse } from '../protocol-codec.ts';
import { accountLedger } from './account.ts';
import type { Admit, Identify } from './authorization.ts';
import { JSON_TYPE, RelayError, decodedOr400, fromStore, invalidRequest } from './errors.ts';
import { type Incoming, dialectOf, incomingOf, vectorFault } from './incoming.ts';
import type { RequestFacts } from './logging.ts';
import type { Membership } from './membership.ts';
import type { PageBudget } from './page-budget.ts';
import type { AccountPage, ChangeVerdict, KeptChange, RelayStore, StorePage } from './store.ts';

export interface SyncPorts {
  readonly store: RelayStore;
  readonly identify: Identify;
  readonly admit: Admit;
  readonly membership: Membership;
  readonly pages: PageBudget;
  readonly pageSize: number;
  readonly nowMs: () => number;
}

/** After how long a client comes again while another relay answers. */
const RETRY_AFTER_SECONDS = 1;

function takeVerdicts(incoming: Incoming, verdicts: readonly ChangeVerdict[], facts: RequestFacts) {
  const accepted: string[] = [];
  const rejected: { id: string; reason: string }[] = [];
  let next = 0;
  for (const [index, id] of incoming.ids.entries()) {
    const fault = incoming.faults[index];
    const verdict = fault ?? verdicts[next++];
    if (verdict === undefined) throw new RelayError('INTERNAL_ERROR', 'the relay failed');
    if (fault === undefined && (verdict === 'stored' || verdict === 'kept')) {
      facts[verdict] += 1;
      accepted.push(id);
    } else {
      rejected.push({ id, reason: verdict });
    }
  }
  facts.rejected = rejected.length;
  return { accepted, rejected };
}

/** The text of a kept change with its cursor as its last key. */
function delivered({ body, position }: KeptChange): string {
  return `${body.slice(0, -1)},"cursor":"${cursorText(position)}"}`;
}

/** The text of a page of 1.1. */
function pageText11({ snapshot, changes, cursor, hasMore }: StorePage, nowMs: number): string {
  const texts: string[] = [];
  if (snapshot !== undefined) texts.push(delivered(snapshot));
  for (const change of changes) texts.push(delivered(change));
  const tail = `"cursor":"${cursorText(cursor)}","has_more":${hasMore},"timestamp":${nowMs}}`;
  return `{"protocol_version":"${PROTOCOL_1_1}","changes":[${texts.join(',')}],${tail}`;
}

function pageText10({ bodies, hasMore }: AccountPage, nowMs: number): string {
  const tail = `"has_more":${hasMore},"timestamp":${nowMs}}`;
  return `{"protocol_version":"${PROTOCOL_1_0}","changes":[${bodies.join(',')}],${tail}`;
}

function positionOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const position = cursorPosition(cursor);
  if (position < 0) throw invalidRequest(`pull: cursor: must be one of this relay, ${CURSOR_LENGTH} characters`);
  return position;
}

function sendJson(reply: FastifyReply, text: string): FastifyReply {
  return reply.header('content-type', JSON_TYPE).send(text);
}

/**
 * How many changes a page has: fewer than the relay's own number where the client asks for fewer, by a header that other
 * relays do not know.
 */
function pageSizeOf({ headers }: FastifyRequest, most: number): number {
  const asked = Number(headers[PAGE_SIZE_HEADER] ?? most);
  return Number.isSafeInteger(asked) && asked >= 1 ? Math.min(asked, most) : most;
}

/** Adds `POST /sync/push` and `POST /sync/pull`. */
export function addSyncRoutes(app: FastifyInstance, ports: SyncPorts): void {
  const { store, identify, admit, membership, pages, pageSize: pageSizeMax, nowMs } = ports;

  app.post('/sync/push', { onRequest: identify }, async (request, reply) => {
    const dialect = dialectOf(request.body);
    const envelope = decodedOr400(decodePushEnvelope(request.body, dialect));
    const device = envelope.device_id;
    const is11 = 'ledger_id' in envelope;
    const ledger = is11 ? envelope.ledger_id : accountLedger(device);
    await admit(request, ledger);
    const incoming = incomingOf(envelope, dialect);
    if (is11) await membership.contact(ledger, device);
    const verdicts = await fromStore(() => store.push({ ledger, device, changes: incoming.changes }));
    if (verdicts === 'unavailable') {
      throw new RelayError('UNAVAILABLE', 'nothing is stored while a follower answers', {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    request.facts.kind = 'push';
    const { accepted, rejected } = takeVerdicts(incoming, verdicts, request.facts);
    const success = rejected.length === 0;
    const timestamp = nowMs();
    return sendJson(
      reply,
      is11
        ? encodePushResponse({ protocol_version: PROTOCOL_1_1, success, accepted, rejected, timestamp })
        : encodePushResponse({ protocol_version: PROTOCOL_1_0, success, accepted, rejected, timestamp }),
    );
  });

  type Reserve = (bytes: number) => void;
  const pull11 = async (
    { ledger_id: ledger, device_id: device, cursor: text }: PullRequest11,
    pageSize: number,
    reserve: Reserve,
  ): Promise<StorePage> => {
    const cursor = positionOf(text);
    await membership.contact(ledger, device);
    const page = await fromStore(() => store.pull({ ledger, device, cursor, pageSize, reserve }));
    if (page !== 'ahead') return page;
    throw new RelayError('CURSOR_AHEAD', 'the cursor lies beyond the end of this relay’s log', {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  };

  const pull10 = async (
    { device_id: device, since_timestamp: sinceMs }: PullRequest10,
    pageSize: number,
    reserve: Reserve,
  ) => fromStore(() => store.pullAccount({ ledger: accountLedger(device), sinceMs, pageSize, reserve }));

  app.post('/sync/pull', { onRequest: identify }, async (request, reply) => {
    const { facts } = request;
    const size = pageSizeOf(request, pageSizeMax);
    const reserve: Reserve = (bytes) => pages.reserve(request, reply, bytes);
    if (dialectOf(request.body) === '1.0') {
      const fault = vectorFault(request.body as object, 'sync_vector');
      if (fault !== undefined) throw invalidRequest(`pull: ${fault}`);
      const body = decodedOr400(decodePullRequest(request.body, '1.0'));
      await admit(request, accountLedger(body.device_id));
      const page = await pull10(body, size, reserve);
      facts.kind = 'pull';
      facts.rows = page.bodies.length;
      return sendJson(reply, pageText10(page, nowMs()));
    }
    const body = decodedOr400(decodePullRequest(request.body, '1.1'));
    await admit(request, body.ledger_id);
    const page = await pull11(body, size, reserve);
    facts.kind = 'pull';
    facts.rows = page.changes.length + (page.snapshot === undefined ? 0 : 1);
    return sendJson(reply, pageText11(page, nowMs()));
  });
}

/** Adds `PUT` and `DELETE /ledgers/:ledger/members/:device`: members by hand, as a lost phone that holds a log back. */
export function addMemberRoutes(app: FastifyInstance, { identify, admit, membership }: SyncPorts): void {
  const path = '/ledgers/:ledger/members/:device';
  interface Params {
    ledger: string;
    device: string;
  }
  const namesOf = (params: Params): Params => ({
    ledger: decodedOr400(decodeId(params.ledger, 'ledger')),
    device: decodedOr400(decodeId(params.device, 'device')),
  });

  app.put<{ Params: Params }>(path, { onRequest: identify }, async (request, reply) => {
    const { ledger, device } = namesOf(request.params);
    await admit(request, ledger);
    await membership.put(ledger, device);
    return reply.code(204).send();
  });

  app.delete<{ Params: Params }>(path, { onRequest: identify }, async (request, reply) => {
    const { ledger, device } = namesOf(request.params);
    await admit(request, ledger);
    const wasMember = await membership.remove(ledger, device);
    if (!wasMember) throw new RelayError('INVALID_REQUEST', 'the device is no member', { status: 404 });
    return reply.code(204).send();
  });
}
