// The strict shape of a plan that comes from a file: which parts it has, and what each may hold. Which parts go together
// is checked in plan-references.ts. It must not know files.
import { z } from 'zod';
import { DEVICES_MAX } from '../../models/device.ts';
import { type Edit, isName } from '../../models/documents/edit.ts';
import { DRAW_PURPOSES, type DrawRecord } from '../../models/draws.ts';
import { type EntityDraft, ENTITY_TYPES } from '../../models/entities.ts';
import { FAULT_KIND_NAMES, type FaultEvent, WAYS } from '../../models/faults/event.ts';
import type { Action, FateRecord, Plan, PlannedDevice, PlannedPreload, PlannedUser, Step } from '../../models/plan.ts';
import { hasControl } from './plain-data.ts';

/** A text of one line. */
export const line = z
  .string()
  .max(10_000)
  .refine((text) => !hasControl(text), 'a text of one line, without control characters');

/** A whole number from 0 that counts, numbers or times something; safe. */
export const count = z.int().min(0);

/** Ten years: later times are nonsense, and sums of these stay safe. */
const TIME_US_MAX = 315_360_000_000_000;
const time = count.max(TIME_US_MAX);

/** Users may think for longer than any run lasts; the time at which they are done is still a safe number. */
const wait = count.max(8e15);

const name = z.string().max(1000).refine(isName, 'a name of a-z, 0-9 and -');
const device = count.max(DEVICES_MAX - 1);
const flag = z.literal([0, 1]);
const finite = z.number();
const value = z.union([z.string(), finite, z.boolean()], 'a text, a number, true or false');

const edit = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('set'), entity: name, field: name, value }),
  z.strictObject({ kind: z.literal(['remove', 'restore']), entity: name }),
  z.strictObject({ kind: z.literal('text-insert'), entity: name, at: count, text: z.string() }),
  z.strictObject({ kind: z.literal('text-delete'), entity: name, at: count, length: count }),
  z.strictObject({ kind: z.literal('list-insert'), entity: name, at: count, value: z.string() }),
  z.strictObject({ kind: z.literal('list-delete'), entity: name, at: count }),
  z.strictObject({ kind: z.literal('list-move'), entity: name, from: count, to: count }),
  z.strictObject({ kind: z.literal(['tag-add', 'tag-remove']), entity: name, tag: name }),
  z.strictObject({ kind: z.literal('count'), entity: name, field: name, by: finite }),
]) satisfies z.ZodType<Edit>;

const draft = z.strictObject({
  entityType: z.enum(ENTITY_TYPES),
  operation: z.enum(['CREATE', 'UPDATE', 'DELETE']),
  entity: name,
  edits: z.array(edit),
}) satisfies z.ZodType<EntityDraft>;

const n = count.exactOptional();

const step = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('edit'), draft, device: device.exactOptional(), n }),
  z.strictObject({ do: z.literal('push'), n }),
  z.strictObject({ do: z.literal('push-soon'), device: device.exactOptional(), n }),
  z.strictObject({ do: z.literal('pull'), sinceMs: z.number().gt(0).exactOptional(), n }),
  z.strictObject({ do: z.literal('pause'), pauseUs: wait, n }),
]) satisfies z.ZodType<Step>;

const action = z.strictObject({
  name: line,
  steps: z.array(step),
  thinkUs: wait,
  ordinal: count.exactOptional(),
  atUs: time.exactOptional(),
}) satisfies z.ZodType<Action>;

const plannedDevice = z.strictObject({
  index: device,
  ledger: count,
  skewUs: z.int().min(-TIME_US_MAX).max(TIME_US_MAX),
  driftPpm: z.number().gt(-1_000_000).max(1_000_000),
  autoSyncUs: time.nullable(),
}) satisfies z.ZodType<PlannedDevice>;

const preload = z.strictObject({ device, drafts: z.array(draft) }) satisfies z.ZodType<PlannedPreload>;

const user = z.strictObject({
  user: count,
  device,
  startUs: time,
  stopUs: time,
  endUs: time,
  actions: z.array(action),
}) satisfies z.ZodType<PlannedUser>;

/** What each kind allows is checked in plan-references.ts: it is the kind's own rule. */
const fault = z.strictObject({
  kind: z.enum(FAULT_KIND_NAMES),
  atUs: count,
  device: z.int(),
  lengthUs: count,
  amount: finite,
  way: z.enum(WAYS),
  code: z.literal([500, 503]).exactOptional(),
}) satisfies z.ZodType<FaultEvent>;

/** Device, way, cause, attempt, page, copy, delay in µs or −1, whether it was reordered. */
const fate = z.tuple([
  device,
  flag,
  count,
  count,
  count,
  count,
  z.int().min(-1).max(TIME_US_MAX),
  flag,
]) satisfies z.ZodType<FateRecord>;

/** Purpose, cause, device, attempt, page, and the draw. */
const draw = z.tuple([
  count.max(DRAW_PURPOSES.length - 1),
  count,
  device,
  count,
  count,
  z.number().min(0).max(1),
]) satisfies z.ZodType<DrawRecord>;

/** A plan, each part for itself. */
export const planSchema = z.strictObject({
  devices: z.array(plannedDevice).min(1),
  preloads: z.array(preload),
  users: z.array(user),
  faults: z.array(fault),
  fates: z.array(fate),
  draws: z.array(draw),
}) satisfies z.ZodType<Plan>;
