// Plans to search in: arbitrary valid ones, storms made up from a number, and trials that are pure questions of a plan.
import fc from 'fast-check';
import { CAUSE_ACTION, CAUSE_AUTO_SYNC, causeOf } from '../../../models/cause.ts';
import type { Edit } from '../../../models/documents/edit.ts';
import { DRAW_PURPOSES, type DrawRecord } from '../../../models/draws.ts';
import type { EntityDraft } from '../../../models/entities.ts';
import { FAULT_KIND_NAMES, type FaultEvent, faultKindInfo, WAYS } from '../../../models/faults/event.ts';
import type { Finding } from '../../../models/finding.ts';
import type { Action, FateRecord, Plan, Step } from '../../../models/plan.ts';
import type { Config } from '../../../scenarios/config-schema.ts';
import { resolveConfig } from '../../../scenarios/config.ts';
import { SCENARIOS } from '../../../scenarios/registry.ts';
import type { Trial, TrialOutcome } from '../../../scenarios/search/trial-port.ts';
import { Streams } from '../../../sim/random.ts';

/** A storm's configuration. */
export function stormConfig(): Config {
  return resolveConfig({ profile: 'storm', seed: 'search' }, SCENARIOS['crdt-conflicts']!);
}

/** What of a configuration shrinking reads. */
export const bareConfig = { seed: 'search', durationMs: 300_000, rampUpMs: 1000, rampDownMs: 2000 } as Config;

export const SIGNATURE = 'planted/bug';

/** An outcome without findings. */
export const clean: TrialOutcome = {
  findings: [],
  traceHash: '0123456789abcdef',
  checkpoints: [],
  checkpointEvery: 256,
  lastEvents: [],
  events: 1,
  durationUs: 1,
  faults: {},
  marks: {},
  unexercised: [],
};

export function findingOf(signature: string, devices: readonly number[] = []): Finding {
  return { oracle: 'convergence', kind: 'safety', signature, atUs: 1, event: 1, devices, documents: [], detail: {} };
}

/** A trial that finds the planted bug where a plan has it. */
export function trialWhere(hasBug: (plan: Plan, config: Config) => boolean, devices: readonly number[] = []): Trial {
  return (config, plan) => (hasBug(plan, config) ? { ...clean, findings: [findingOf(SIGNATURE, devices)] } : clean);
}

/** An edit of a plan, and the device that makes it. */
export interface Made {
  readonly device: number;
  readonly edit: Edit;
  readonly atUs: number;
  readonly action: Action;
  readonly step: Step;
}

/** All edits that users make in a plan. */
export function editsBy(plan: Plan): Made[] {
  return plan.users.flatMap((user) =>
    user.actions.flatMap((action) =>
      action.steps.flatMap((step) =>
        step.do === 'edit'
          ? step.draft.edits.map((edit) => {
              return { device: step.device ?? user.device, edit, atUs: action.atUs ?? 0, action, step };
            })
          : [],
      ),
    ),
  );
}

/** The fault as its kind allows it. */
function fitted(fault: FaultEvent): FaultEvent {
  const { scope, lasts, isWhole, amountMin = 0, amountMax = 0 } = faultKindInfo(fault.kind);
  const amount = Math.min(Math.max(fault.amount, amountMin), fault.kind === 'brown-out' ? 2 : amountMax);
  return {
    ...fault,
    device: scope === 'relay' ? -1 : fault.device,
    lengthUs: lasts ? fault.lengthUs : 0,
    // JSON knows no −0.
    amount: (isWhole === true ? Math.round(amount) : amount) + 0,
    ...(fault.kind === 'server-error' ? { code: 503 } : {}),
  };
}

/** A storm of so many devices of one ledger, drawn from a seed: updates, updates of several devices, faults and fates. */
export function storm(seed: string, devices = 8, edits = 100): Plan {
  const stream = new Streams(seed).stream('storm');
  const actions: Action[][] = Array.from({ length: devices }, () => []);
  const fates: FateRecord[] = [];
  const draws: DrawRecord[] = [];
  const texts: string[] = [];
  const update = (): EntityDraft => {
    const entity = `account-0-${stream.integer(0, 4)}`;
    const token = `t${texts.length} ${stream.integer(1_000_000, 9_999_999)}`;
    texts.push(token);
    return {
      entityType: 'account',
      operation: 'UPDATE',
      entity,
      edits: [{ kind: 'set', entity, field: 'name', value: token }],
    };
  };
  let atUs = 0;
  while (texts.length < edits) {
    atUs += stream.integer(1, 2_000_000);
    const user = stream.integer(0, devices - 1);
    const steps: Step[] = [{ do: 'edit', draft: update() }];
    if (stream.chance(0.3)) {
      const device = (user + stream.integer(1, devices - 1)) % devices;
      if (texts.length < edits) steps.push({ do: 'edit', draft: update(), device }, { do: 'push-soon', device });
    }
    steps.push({ do: 'push' });
    const own = actions[user]!;
    for (const [n, step] of steps.entries()) {
      const cause = causeOf(CAUSE_ACTION, user, own.length * 4096 + n);
      const device = ('device' in step ? step.device : undefined) ?? user;
      if (step.do === 'edit') continue;
      for (const way of [0, 1] as const) {
        const delayUs = stream.chance(0.05) ? -1 : stream.integer(1000, 300_000);
        fates.push([device, way, cause, 0, 0, 0, delayUs, stream.chance(0.05) ? 1 : 0]);
      }
      draws.push([0, cause, device, 0, 0, stream.next()]);
    }
    own.push({ name: 'update', steps, thinkUs: stream.integer(0, 2_000_000), atUs });
  }
  const faults = Array.from({ length: 20 }, () =>
    fitted({
      kind: stream.pick(FAULT_KIND_NAMES),
      atUs: stream.integer(0, atUs),
      device: stream.integer(0, devices - 1),
      lengthUs: stream.integer(1, 30_000_000),
      amount: stream.integer(0, 9),
      way: stream.pick(WAYS),
    }),
  );
  const endUs = (Math.floor(atUs / 1_000_000) + 1) * 1_000_000;
  return {
    devices: Array.from({ length: devices }, (_, index) => ({
      index,
      ledger: 0,
      skewUs: stream.integer(-5_000_000, 5_000_000),
      driftPpm: stream.integer(-100, 100),
      autoSyncUs: stream.integer(0, 30_000_000),
    })),
    preloads: [{ device: 0, drafts: Array.from({ length: 5 }, (_, at) => account(`account-0-${at}`)) }],
    users: actions.map((list, user) => {
      return { user, device: user, startUs: 0, stopUs: endUs, endUs: endUs + 1_000_000, actions: list };
    }),
    faults,
    fates,
    draws,
  };
}

function account(entity: string): EntityDraft {
  const edits: Edit[] = [
    { kind: 'set', entity, field: 'name', value: `Account ${entity}` },
    { kind: 'set', entity, field: 'balance', value: 12_345 },
  ];
  return { entityType: 'account', operation: 'CREATE', entity, edits };
}

const name = fc.stringMatching(/^[a-z0-9-]{1,8}$/);
const timeUs = fc.integer({ min: 0, max: 200_000_000 });
const place = fc.integer({ min: 0, max: 20 });
const text = fc
  .oneof(fc.string({ maxLength: 8 }), fc.string({ unit: 'binary', maxLength: 4 }), fc.constant('a\tb\nc\r\n'))
  .map(
    // oxlint-disable-next-line no-control-regex -- control characters are what a plan must not hold
    (value) => value.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029]/g, ''),
  );
const amount = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })).map((value) => value + 0);

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({
    kind: fc.constant('set' as const),
    entity: name,
    field: name,
    value: fc.oneof(text, amount, fc.boolean()),
  }),
  fc.record({ kind: fc.constantFrom('remove' as const, 'restore' as const), entity: name }),
  fc.record({ kind: fc.constant('text-insert' as const), entity: name, at: place, text }),
  fc.record({ kind: fc.constant('text-delete' as const), entity: name, at: place, length: place }),
  fc.record({ kind: fc.constant('list-insert' as const), entity: name, at: place, value: text }),
  fc.record({ kind: fc.constant('list-delete' as const), entity: name, at: place }),
  fc.record({ kind: fc.constant('list-move' as const), entity: name, from: place, to: place }),
  fc.record({ kind: fc.constantFrom('tag-add' as const, 'tag-remove' as const), entity: name, tag: name }),
  fc.record({ kind: fc.constant('count' as const), entity: name, field: name, by: fc.integer() }),
);

const draft: fc.Arbitrary<EntityDraft> = fc.record({
  entityType: fc.constantFrom('transaction' as const, 'account' as const, 'invoice' as const),
  operation: fc.constantFrom('CREATE' as const, 'UPDATE' as const, 'DELETE' as const),
  entity: name,
  edits: fc.array(edit, { minLength: 1, maxLength: 4 }),
});

function stepOf(devices: number): fc.Arbitrary<Step> {
  const device = fc.integer({ min: 0, max: devices - 1 });
  return fc.oneof(
    fc.record({ do: fc.constant('edit' as const), draft, device }, { requiredKeys: ['do', 'draft'] }),
    fc.record({ do: fc.constant('push' as const) }),
    fc.record({ do: fc.constant('push-soon' as const), device }, { requiredKeys: ['do'] }),
    fc.record(
      { do: fc.constant('pull' as const), sinceMs: fc.integer({ min: 1, max: 1000 }) },
      { requiredKeys: ['do'] },
    ),
    fc.record({ do: fc.constant('pause' as const), pauseUs: timeUs }),
  );
}

function faultOf(devices: number): fc.Arbitrary<FaultEvent> {
  return fc
    .record({
      kind: fc.constantFrom(...FAULT_KIND_NAMES),
      atUs: timeUs,
      device: fc.integer({ min: 0, max: devices - 1 }),
      lengthUs: timeUs,
      amount,
      way: fc.constantFrom(...WAYS),
    })
    .map(fitted);
}

function fateOf(devices: number): fc.Arbitrary<FateRecord> {
  const cause = fc
    .tuple(fc.constantFrom(CAUSE_ACTION, CAUSE_AUTO_SYNC), fc.nat(devices - 1), fc.nat(20_000))
    .map(([kind, owner, n]) => causeOf(kind, owner, n));
  return fc.tuple(
    fc.nat(devices - 1),
    fc.constantFrom(0 as const, 1 as const),
    cause,
    fc.nat(5),
    fc.nat(5),
    fc.nat(1),
    fc.integer({ min: -1, max: 10_000_000 }),
    fc.constantFrom(0 as const, 1 as const),
  );
}

function actionOf(devices: number): fc.Arbitrary<Action> {
  return fc.record(
    { name, steps: fc.array(stepOf(devices), { minLength: 1, maxLength: 5 }), thinkUs: timeUs, atUs: timeUs },
    { requiredKeys: ['name', 'steps', 'thinkUs'] },
  );
}

/** Valid plans of one to five devices. */
export const plans: fc.Arbitrary<Plan> = fc.integer({ min: 1, max: 5 }).chain((devices) => {
  const unit = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0);
  return fc.record({
    devices: fc
      .array(
        fc.record({
          ledger: fc.nat(1),
          skewUs: fc.integer({ min: -10_000_000, max: 10_000_000 }),
          driftPpm: fc.integer({ min: -100, max: 100 }),
          autoSyncUs: fc.option(timeUs),
        }),
        { minLength: devices, maxLength: devices },
      )
      .map((list) => list.map((device, index) => ({ index, ...device }))),
    preloads: fc.array(
      fc.record({ device: fc.nat(devices - 1), drafts: fc.array(draft, { minLength: 1, maxLength: 3 }) }),
      { maxLength: 2 },
    ),
    users: fc
      .array(
        fc.record({
          startUs: timeUs,
          stopUs: timeUs,
          moreUs: timeUs,
          actions: fc.array(actionOf(devices), { maxLength: 4 }),
        }),
        { maxLength: devices },
      )
      .map((list) => {
        return list.map(({ moreUs, ...rest }, user) => ({ user, device: user, ...rest, endUs: rest.stopUs + moreUs }));
      }),
    faults: fc.array(faultOf(devices), { maxLength: 5 }),
    fates: fc.array(fateOf(devices), { maxLength: 10 }),
    draws: fc.array(
      fc.tuple(fc.nat(DRAW_PURPOSES.length - 1), fc.nat(1_000_000), fc.nat(devices - 1), fc.nat(4), fc.nat(4), unit),
      { maxLength: 10 },
    ),
  });
});
