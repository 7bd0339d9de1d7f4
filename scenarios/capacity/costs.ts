// What a load comes to in money: storage, traffic and instances over a horizon, from the bytes that a point of it measured
// and prices that a person gives. Pure arithmetic; it must not know how a point is run.
import { z } from 'zod';
import { InputError } from '../../sim/errors.ts';
import type { CapacityPoint, CostLine, Costs } from './result.ts';

const price = z.number().min(0).max(1e9);

/** A file of prices; a gigabyte has 10⁹ bytes. */
const pricesSchema = z.strictObject({
  /** Printed beside each sum. */
  currency: z.string().min(1).max(20).default('USD'),
  storagePerGbMonth: price,
  /** What the relay sends to devices, and what they send to it. */
  egressPerGb: price,
  ingressPerGb: price.default(0),
  /** One instance of the relay, and the store behind all of them. */
  instancePerMonth: price,
  storePerMonth: price.default(0),
  /** Hours in a month in which an active user is on. */
  activeHoursPerUserMonth: z.number().gt(0).max(744),
  /** Of all active users, the share that is on at the busiest time: instances are there for those. */
  concurrentShare: z.number().gt(0).max(1),
  /** Of the capacity, the share that is to be used at the busiest time. */
  targetUse: z.number().gt(0).max(1).default(0.7),
  /** Months after which the log is cut; left out, never. */
  logKeptMonths: z.number().gt(0).max(1200).optional(),
  /** Copies of the log that storage is paid for. */
  replicas: z.int().min(1).max(100).default(1),
});
export type Prices = z.infer<typeof pricesSchema>;

/**
 * Checks what a file of prices says.
 * @throws InputError naming the file and the key, with the code ERR_PRICES
 */
export function parsePrices(name: string, values: unknown, field = '--prices'): Prices {
  const checked = pricesSchema.safeParse(values);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0]!;
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const at = [...issue.path.map(String), ...(unknown === undefined ? [] : [unknown])].join('.');
  const keys = Object.keys(pricesSchema.shape).join(', ');
  const expected = unknown === undefined ? issue.message : `one of ${keys}`;
  throw new InputError(
    field,
    name,
    at === '' ? `prices: ${expected}` : `prices whose ${at} fits: ${expected}`,
    'ERR_PRICES',
  );
}

const GB = 1e9;
const HOUR_MS = 3_600_000;

/** What of a load the costs rest on. */
export interface CostBasis {
  /** A point of it, over whose window bytes were added up. */
  readonly point: Pick<CapacityPoint, 'users' | 'windowMs' | 'bytesSent' | 'bytesReceived' | 'logBytes'>;
  /** Users at the busiest time, the most that so many instances carry, and how many those are. */
  readonly users: number;
  readonly capacity: number;
  readonly instances: number;
}

/** The costs of a load over a horizon, months. @param keepsLog for ever, whatever prices say */
export function costsOf(basis: CostBasis, horizonMonths: number, prices: Prices, keepsLog = false): Costs {
  const { point, users, capacity, instances: measured } = basis;
  const activeUsers = users / prices.concurrentShare;
  // What one user does in an hour of use, times its hours and all who are active.
  const monthly = (bytes: number): number =>
    (bytes / point.users / point.windowMs) * HOUR_MS * prices.activeHoursPerUserMonth * activeUsers;
  const [sentGb, receivedGb, logGb] = [point.bytesSent, point.bytesReceived, point.logBytes].map(
    (bytes) => monthly(bytes) / GB,
  ) as [number, number, number];
  const instances = Math.max(1, Math.ceil((users * measured) / Math.max(capacity * prices.targetUse, 1e-9)));
  const keptMonths = keepsLog ? Number.POSITIVE_INFINITY : (prices.logKeptMonths ?? Number.POSITIVE_INFINITY);
  const storedGb = (month: number): number => Math.min(month, keptMonths) * logGb * prices.replicas;
  const wholeMonths = Math.max(1, Math.ceil(horizonMonths));
  let stored = 0;
  // A month is paid for what is there at its end; the last one may be a part of a month.
  for (let month = 1; month <= wholeMonths; month++) {
    stored += storedGb(Math.min(month, horizonMonths)) * Math.min(1, horizonMonths - (month - 1));
  }
  const line = (
    component: CostLine['component'],
    amount: number,
    unit: string,
    total: number,
    lastMonth: number,
  ): CostLine => ({ component, amount, unit, lastMonth, total, perUserMonth: total / horizonMonths / activeUsers });
  const even = (component: CostLine['component'], amount: number, unit: string, each: number): CostLine =>
    line(component, amount, unit, amount * each * horizonMonths, amount * each);
  const storedLast = storedGb(horizonMonths);
  const lines = [
    line(
      'storage',
      storedLast,
      'GB at the end',
      stored * prices.storagePerGbMonth,
      storedLast * prices.storagePerGbMonth,
    ),
    even('egress', receivedGb, 'GB a month', prices.egressPerGb),
    even('ingress', sentGb, 'GB a month', prices.ingressPerGb),
    even('instances', instances, instances === 1 ? 'instance' : 'instances', prices.instancePerMonth),
    even('store', 1, 'store', prices.storePerMonth),
  ];
  const total = lines.reduce((sum, each) => sum + each.total, 0);
  const perUserMonth = total / horizonMonths / activeUsers;
  return { horizonMonths, currency: prices.currency, activeUsers, instances, lines, perUserMonth, total };
}

const HORIZON = /^(\d+(?:\.\d+)?)(mo|y)$/;

/** A horizon in months: `12mo`, `2y`. @throws InputError with the code ERR_HORIZON */
export function parseHorizon(text: string, field = '--horizon'): number {
  const match = HORIZON.exec(text.trim());
  const months = match === null ? Number.NaN : Number(match[1]) * (match[2] === 'y' ? 12 : 1);
  if (months > 0 && months <= 1200) return months;
  throw new InputError(field, text, 'months or years such as 12mo or 2y, at most 100y', 'ERR_HORIZON');
}
