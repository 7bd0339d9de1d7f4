// Limits on how often somebody may come: so many requests in every whole minute of the relay's clock, for each address
// and for each token. Each instance counts for itself. Must not know what is asked for.

import rateLimit, { type FastifyRateLimitStore, type FastifyRateLimitStoreCtor } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RelayError } from './errors.ts';

const WINDOW_MS = 60_000;
/** Most addresses or tokens that are counted within one minute; past it the one that came first is forgotten. */
const COUNTED_MAX = 100_000;

/** Counts of one minute, as the plug-in asks for them. */
class MinuteWindow implements FastifyRateLimitStore {
  readonly #nowMs: () => number;
  readonly #used = new Map<string, number>();
  #window = -1;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  incr(key: string, callback: (error: Error | null, result?: { current: number; ttl: number }) => void): void {
    const nowMs = this.#nowMs();
    const window = Math.floor(nowMs / WINDOW_MS);
    if (window !== this.#window) {
      this.#window = window;
      this.#used.clear();
    }
    const current = (this.#used.get(key) ?? 0) + 1;
    this.#used.set(key, current);
    if (this.#used.size > COUNTED_MAX) this.#forgetFirst();
    callback(null, { current, ttl: (window + 1) * WINDOW_MS - nowMs });
  }

  child(): MinuteWindow {
    return new MinuteWindow(this.#nowMs);
  }

  #forgetFirst(): void {
    for (const first of this.#used.keys()) {
      this.#used.delete(first);
      break;
    }
  }
}

/** Both resolve where the request may go on, and throw RATE_LIMIT_EXCEEDED with Retry-After where it may not. */
export interface Limits {
  byAddress(request: FastifyRequest): Promise<void>;
  /** To be asked after the token was found good: `request.facts.token` stands for it. */
  byToken(request: FastifyRequest): Promise<void>;
}

const NO_LIMITS: Limits = { byAddress: async () => {}, byToken: async () => {} };

/** @param perMinute requests for each address and for each token; 0 is no limit */
export async function limitsOf(app: FastifyInstance, perMinute: number, nowMs: () => number): Promise<Limits> {
  if (perMinute === 0) return NO_LIMITS;
  // The plug-in makes its store with `new`.
  const store = function store() {
    return new MinuteWindow(nowMs);
  } as unknown as FastifyRateLimitStoreCtor;
  await app.register(rateLimit, { global: false, max: perMinute, timeWindow: WINDOW_MS, store });
  const address = app.createRateLimit({});
  const token = app.createRateLimit({ keyGenerator: (request: FastifyRequest) => request.facts.token ?? '' });
  const judge = async (request: FastifyRequest, limit: typeof address, who: string): Promise<void> => {
    const result = await limit(request);
    if (result.isAllowed || !result.isExceeded) return;
    throw new RelayError('RATE_LIMIT_EXCEEDED', `more than ${perMinute} requests in a minute for one ${who}`, {
      retryAfterSeconds: Math.max(1, Math.ceil(result.ttl / 1000)),
    });
  };
  return {
    byAddress: (request) => judge(request, address, 'address'),
    byToken: async (request) => {
      if (request.facts.token !== undefined) await judge(request, token, 'token');
    },
  };
}
