// crdt-conflicts: one ledger that all users share, five entities in it, and updates made to meet each other. The
// figures are the workload page's.

import { z } from 'zod';
import { keyedUint32, keyedUnit, Stream, type StreamKey } from '../sim/random.ts';
import {
  CHART_OF_ACCOUNTS,
  drawEntity,
  drawUpdate,
  ENTITY_TYPES,
  type EntityDraft,
  entityName,
  type EntityType,
} from '../models/entities.ts';
import { type Edit, EDIT_KINDS } from '../models/documents/edit.ts';
import type { Action, Step } from '../models/plan.ts';
import { drawStormEdit, type EditToken, kindsLike } from '../models/storm-edits.ts';
import { type Profile, thinkScaleForEdits } from './profiles/profile.ts';
import { type ScenarioDefinition, sharesOfOne, workloadOf } from './scenario.ts';
import type { World } from './world.ts';

const workload = z.strictObject({
  /** Entities that all users update. */
  sharedEntities: z.int().min(1).max(10_000).default(5),
  /** Shares of turns; what is left of 1 are bursts of one device. */
  updateShare: z.number().min(0).max(1).default(0.5),
  togetherShare: z.number().min(0).max(1).default(0.3),
  /** Devices that update one entity at the same instant, the user's own among them. */
  devicesMin: z.int().min(2).max(1000).default(2),
  devicesMax: z.int().min(2).max(1000).default(4),
  /** Updates of a burst, and the time between two. */
  burstUpdates: z.int().min(1).max(1000).default(3),
  burstGapMs: z.number().min(0).default(50),
  /** Share of edits that are of any kind that the documents take; the others set one field. */
  allKindsShare: z.number().min(0).max(1).default(0),
  thinkMsMin: z.number().min(0).default(500),
  thinkMsMax: z.number().min(0).default(2000),
});
type Workload = z.infer<typeof workload>;

/** Share of companions' edits that touch the same part of the entity as the user's. */
const LIKE_SHARE = 0.6;
/** Numbers of companions' edits begin here: users' own stay below in a storm. */
const COMPANION_NUMBERS = 1000;

const thinkMsMean = (figures: Workload): number => (figures.thinkMsMin + figures.thinkMsMax) / 2;

function editsPerTurn(figures: Workload): number {
  const burstShare = 1 - figures.updateShare - figures.togetherShare;
  const together = (figures.devicesMin + figures.devicesMax) / 2;
  return figures.updateShare + figures.togetherShare * together + burstShare * figures.burstUpdates;
}

export default {
  name: 'crdt-conflicts',
  title: 'concurrent updates of a few shared entities',
  workload,

  rules: (config) => [sharesOfOne(config, 'updateShare', 'togetherShare')],

  defaults(profile: Profile) {
    const figures = workload.parse({});
    const users = profile.conflictUsers;
    const group = { users, thinkMsMean: thinkMsMean(figures), editsPerTurn: editsPerTurn(figures) };
    return {
      users,
      workload: { allKindsShare: profile.allKindsShare ?? 0 },
      thinkScale: thinkScaleForEdits(profile, [group]),
      thresholds: {
        requests: ['p(95)<1000'],
        requests_failed: ['rate<0.10'],
        conflict_detection_rate: ['rate>0'],
        merge_success_rate: ['rate>0.90'],
        conflict_resolution_time: ['p(95)<2000'],
      },
    };
  },

  /** Each update is pushed by itself; those of a burst one after the other, as soon as the one before is answered. */
  turn(config, roundTripMs) {
    const figures = workloadOf(config, workload);
    const burstShare = 1 - figures.updateShare - figures.togetherShare;
    const burstMs = burstShare * (figures.burstUpdates - 1) * Math.max(figures.burstGapMs, roundTripMs);
    return {
      requests: editsPerTurn(figures),
      msMean: thinkMsMean(figures) * config.thinkScale + roundTripMs + burstMs,
    };
  },

  build(world) {
    const { users } = world.config;
    const figures = workloadOf(world.config, workload);
    const ledger = world.ledger(users);
    for (let user = 0; user < users; user++) world.device(ledger);
    const shared = sharedEntities(world, figures.sharedEntities);
    world.preload(ledger.members[0]!, shared);
    for (let user = 0; user < users; user++) world.user(ledger.members[user]!, () => turns(world, user, shared));
  },
} satisfies ScenarioDefinition;

/** Entities that are there before the storm, of each type in turn. */
function sharedEntities(world: World, count: number): EntityDraft[] {
  const stream = world.stream('shared-entities');
  const drafts: EntityDraft[] = [];
  for (let i = 0; i < count; i++) {
    const type = ENTITY_TYPES[i % ENTITY_TYPES.length]!;
    drafts.push(drawEntity(stream, type, entityName(type, 0, i), CHART_OF_ACCOUNTS, world.simulation.epochMs));
  }
  return drafts;
}

function* turns(world: World, user: number, shared: readonly EntityDraft[]): Generator<Action, never> {
  const { config } = world;
  const figures = workloadOf(config, workload);
  const draw = world.stream(`user/${user}/turns`);
  const content = world.stream(`user/${user}/content`);
  const think = world.stream(`user/${user}/think`);
  const companions = world.key('crdt-conflicts/companions');
  const companionContent = world.key('crdt-conflicts/companion-content');
  const kinds = EDIT_KINDS.filter((kind) => world.documents.supports.has(kind));
  const { epochMs } = world.simulation;
  const drawFrom = (stream: Stream, type: EntityType, entity: string, token: EditToken, met?: Edit): EntityDraft => {
    if (figures.allKindsShare === 0 || !stream.chance(figures.allKindsShare)) {
      return drawUpdate(stream, type, entity, token.text);
    }
    const some = met !== undefined && stream.chance(LIKE_SHARE) ? kindsLike(kinds, met) : kinds;
    return drawStormEdit(stream, some, type, entity, token, epochMs);
  };
  let updates = 0;
  const update = (type: EntityType, entity: string): EntityDraft => {
    const number = updates * config.users + user;
    return drawFrom(content, type, entity, { text: `u${user}-${updates++}`, number });
  };
  // Drawn by turn and device, so that nobody's update depends on who else joins in.
  const updateOf = (device: number, ordinal: number, type: EntityType, entity: string, met: Edit): EntityDraft => {
    let draws = 0;
    const own = new Stream(() => keyedUnit(companionContent, user, ordinal, device, draws++));
    const number = COMPANION_NUMBERS + (ordinal * config.users + user) * config.users + device;
    return drawFrom(own, type, entity, { text: `u${user}-${ordinal}-d${device}`, number }, met);
  };
  for (let ordinal = 0; ; ordinal++) {
    const kind = draw.next();
    const { entityType, entity } = draw.pick(shared);
    const steps: Step[] = [];
    let name = 'update';
    if (kind < figures.updateShare) {
      steps.push({ do: 'edit', draft: update(entityType, entity) });
    } else if (kind < figures.updateShare + figures.togetherShare) {
      name = 'together';
      const count = draw.integer(figures.devicesMin, figures.devicesMax) - 1;
      // At one instant: none of the devices has seen the others' updates.
      const draft = update(entityType, entity);
      steps.push({ do: 'edit', draft });
      for (const device of chosen(companions, user, ordinal, config.users, count)) {
        const met = updateOf(device, ordinal, entityType, entity, draft.edits[0]!);
        steps.push({ do: 'edit', draft: met, device }, { do: 'push-soon', device });
      }
    } else {
      name = 'burst';
      for (let i = 1; i < figures.burstUpdates; i++) {
        steps.push({ do: 'edit', draft: update(entityType, entity) }, { do: 'push-soon' });
        steps.push({ do: 'pause', pauseUs: Math.round(figures.burstGapMs * 1000) });
      }
      steps.push({ do: 'edit', draft: update(entityType, entity) });
    }
    steps.push({ do: 'push' });
    const thinkMs = think.uniform(figures.thinkMsMin, figures.thinkMsMax) * config.thinkScale;
    yield { name, steps, thinkUs: Math.round(thinkMs * 1000) };
  }
}

/**
 * The devices that update together with a user: those of the highest draws (rendezvous hashing, Thaler and Ravishankar
 * 1998), so that one user more or less changes only the turns in which that user is chosen.
 */
function chosen(key: StreamKey, user: number, ordinal: number, users: number, count: number): number[] {
  const devices: number[] = [];
  const draws: number[] = [];
  for (let device = 0; device < users; device++) {
    if (device === user) continue;
    const draw = keyedUint32(key, user, ordinal, device, 0);
    let at = devices.length;
    while (at > 0 && draws[at - 1]! < draw) at--;
    if (at >= count) continue;
    devices.splice(at, 0, device);
    draws.splice(at, 0, draw);
    if (devices.length > count) {
      devices.pop();
      draws.pop();
    }
  }
  return devices;
}
