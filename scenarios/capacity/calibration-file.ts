// What a calibration found, as it stands in its file: how long the relay works on what, how sure that is, and on which machine
// it was measured. It must not know how it was measured, nor read files.
import { z } from 'zod';
import { PLAIN_CLUSTER, type ClusterOptions } from '../../models/relay/cluster-options.ts';
import { type ServiceOptions, WORKERS } from '../../models/relay/service-options.ts';
import { InputError } from '../../sim/errors.ts';
import { type ConfigLayer, layerSchema } from '../config-schema.ts';
import { oneOfNames } from '../nearest.ts';

/** Raised when a reader of this version would read a file wrongly. */
export const CALIBRATION_VERSION = 1;

/** One figure of one step: as measured, as the model has it, and how repeats differ. */
export interface Residual {
  readonly step: string;
  /** The part of a mixed step, such as `push 5`; empty for the whole step. */
  readonly part: string;
  readonly figure: 'p50Ms' | 'p95Ms' | 'perSecond' | 'commitMs' | 'pushesPerCommit';
  readonly measured: number;
  readonly predicted: number;
  /** (predicted − measured) / measured. */
  readonly error: number;
  /** Relative standard deviation of the repeats; null where there is one. */
  readonly noise: number | null;
}

/** A step as it was carried out, for whoever judges the calibration later. */
export interface KeptStep {
  readonly name: string;
  readonly repeat: number;
  /** 1 for the first time; more where it was disturbed and repeated. */
  readonly attempt: number;
  readonly isUsed: boolean;
  readonly reasons: readonly string[];
  readonly seconds: number;
  readonly answers: number;
  readonly failures: number;
  readonly perSecond: number;
  readonly cpuMsPerAnswer: number | null;
  readonly serverWait: number | null;
  readonly driverWait: number;
  readonly steal: number;
  readonly canaryMs: readonly number[];
  readonly lateMs: readonly number[];
  readonly parts: readonly {
    readonly part: string;
    readonly count: number;
    readonly p50Ms: number;
    readonly p95Ms: number;
    readonly p99Ms: number;
  }[];
  readonly commits: {
    readonly count: number;
    readonly ms: number;
    readonly jobs: number;
    readonly changes: number;
  } | null;
}

export interface Calibration {
  readonly schemaVersion: typeof CALIBRATION_VERSION;
  readonly kind: 'calibration';
  readonly tool: string;
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryBytes: number;
    readonly platform: string;
    readonly node: string;
    /** How long the fixed piece of work took at its quietest, ms. */
    readonly canaryMs: number;
  };
  readonly relay: { readonly side: string; readonly version: string | null; readonly store: string | null };
  readonly plan: {
    readonly seed: string;
    readonly settleMs: number;
    readonly measureMs: number;
    readonly repeats: number;
    readonly disturbed: number;
  };
  readonly service: ServiceOptions;
  readonly serviceSigma: number;
  readonly cluster?: Partial<ClusterOptions>;
  /** What the driver and the loopback add by themselves, against a server that does nothing. */
  readonly clientDelayMs: { readonly p50: number; readonly p95: number };
  /** The same where nothing had been under way for a while. */
  readonly clientDelayRestedMs: { readonly p50: number; readonly p95: number };
  /** Relative standard deviation of repeats of one step. */
  readonly noise: { readonly latency: number; readonly throughput: number };
  /** The true throughput as a ratio of the predicted one, 95%. */
  readonly interval: { readonly low: number; readonly high: number };
  /** Answers a second in a closed loop, by step. */
  readonly saturation: Readonly<Record<string, number>>;
  readonly residuals: readonly Residual[];
  readonly steps: readonly KeptStep[];
  /** Where the model does not explain what was measured, and what could not be told. */
  readonly notes: readonly string[];
}

const figure = z.number();
const least0 = z.number().min(0);
const text = z.string().max(1000);
const quantiles = z.strictObject({ p50: least0, p95: least0 });

const residual = z.strictObject({
  step: text,
  part: text,
  figure: z.enum(['p50Ms', 'p95Ms', 'perSecond', 'commitMs', 'pushesPerCommit']),
  measured: figure,
  predicted: figure,
  error: figure,
  noise: figure.nullable(),
});

const step = z.strictObject({
  name: text,
  repeat: least0,
  attempt: least0,
  isUsed: z.boolean(),
  reasons: z.array(text),
  seconds: least0,
  answers: least0,
  failures: least0,
  perSecond: least0,
  cpuMsPerAnswer: least0.nullable(),
  serverWait: figure.nullable(),
  driverWait: figure,
  steal: figure,
  canaryMs: z.array(figure),
  lateMs: z.array(figure),
  parts: z.array(z.strictObject({ part: text, count: least0, p50Ms: least0, p95Ms: least0, p99Ms: least0 })),
  commits: z.strictObject({ count: least0, ms: least0, jobs: least0, changes: least0 }).nullable(),
});

const schema = z.strictObject({
  schemaVersion: z.literal(CALIBRATION_VERSION),
  kind: z.literal('calibration'),
  tool: text,
  measuredAt: text,
  machine: z.strictObject({
    cpu: text,
    cores: least0,
    memoryBytes: least0,
    platform: text,
    node: text,
    canaryMs: least0,
  }),
  relay: z.strictObject({ side: text, version: text.nullable(), store: text.nullable() }),
  plan: z.strictObject({ seed: text, settleMs: least0, measureMs: least0, repeats: least0, disturbed: least0 }),
  service: z.record(z.string(), z.unknown()),
  serviceSigma: z.number().min(0).max(10),
  cluster: z.record(z.string(), z.unknown()).optional(),
  clientDelayMs: quantiles,
  clientDelayRestedMs: quantiles,
  noise: z.strictObject({ latency: least0, throughput: least0 }),
  interval: z.strictObject({ low: least0, high: least0 }).refine(({ low, high }) => low <= high, 'low ≤ high'),
  saturation: z.record(z.string(), least0),
  residuals: z.array(residual),
  steps: z.array(step),
  notes: z.array(text),
});

/**
 * Reads a calibration file.
 *
 * @param name the file as the person named it, for messages
 * @throws InputError ERR_CALIBRATION that names the place in the file
 */
export function parseCalibration(name: string, content: string): Calibration {
  let values: unknown;
  try {
    // Some editors begin a file with a byte order mark.
    values = JSON.parse(content.replace(/^\uFEFF/, ''));
  } catch {
    throw refusal(name, 'what is no JSON', 'a file that squall calibrate wrote');
  }
  if (typeof values !== 'object' || values === null || Reflect.get(values, 'kind') !== 'calibration') {
    throw refusal(name, values, 'a file that squall calibrate wrote (kind: "calibration")');
  }
  const version: unknown = Reflect.get(values, 'schemaVersion');
  if (version !== CALIBRATION_VERSION) {
    const expected = `version ${CALIBRATION_VERSION}, which this Squall reads; calibrate anew`;
    throw refusal(`${name}: schemaVersion`, version, expected);
  }
  const read = schema.safeParse(values);
  if (!read.success) throw atIssue(name, values, read.error, '');
  const { service, cluster } = read.data;
  checkKeys(name, 'service', service, Object.keys(WORKERS));
  for (const key of Object.keys(WORKERS)) {
    if (service[key] === undefined) throw refusal(`${name}: service.${key}`, undefined, 'every figure of a service');
  }
  if (service['kind'] !== 'event-loop') throw refusal(`${name}: service.kind`, service['kind'], '"event-loop"');
  if (cluster !== undefined) checkKeys(name, 'cluster', cluster, Object.keys(PLAIN_CLUSTER));
  // The ranges are those of the configuration, which the figures become part of.
  const layer = layerSchema.safeParse({ service, ...(cluster === undefined ? {} : { cluster }) });
  if (!layer.success) throw atIssue(name, values, layer.error, '');
  return values as Calibration;
}

/** What a calibration says of a run: above a configuration file, below what was typed. */
export function calibrationLayer({ service, serviceSigma, cluster }: Calibration): ConfigLayer {
  return {
    service,
    relay: { serviceSigma, instances: 1 },
    ...(cluster === undefined ? {} : { cluster }),
  };
}

function refusal(field: string, received: unknown, expected: string): InputError {
  return new InputError(field, received, expected, 'ERR_CALIBRATION');
}

function checkKeys(name: string, group: string, values: object, keys: readonly string[]): void {
  for (const key of Object.keys(values)) {
    if (!keys.includes(key)) throw refusal(`${name}: ${group}.${key}`, Reflect.get(values, key), oneOfNames(key, keys));
  }
}

function atIssue(name: string, values: object, error: z.ZodError, prefix: string): InputError {
  const { path, message } = error.issues[0]!;
  let received: unknown = values;
  for (const key of path)
    received = typeof received === 'object' && received !== null ? Reflect.get(received, key) : undefined;
  return refusal(`${name}: ${prefix}${path.map(String).join('.') || 'the file'}`, received, message);
}
