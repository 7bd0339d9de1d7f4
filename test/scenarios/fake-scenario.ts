// A scenario that composes nothing: what configuration and command line need of one.
import { z } from 'zod';
import type { ConfigLayer } from '../../scenarios/config-schema.ts';
import type { Profile } from '../../scenarios/profiles/profile.ts';
import type { ScenarioDefinition } from '../../scenarios/scenario.ts';

export function fakeScenario(defaults?: (profile: Profile) => ConfigLayer): ScenarioDefinition {
  return {
    name: 'fake',
    title: 'A fake',
    workload: z.object({
      thinkMsMin: z.number().min(0).default(1000),
      thinkMsMax: z.number().min(0).default(5000),
      pushShare: z.number().min(0).max(1).default(0.4),
    }),
    ...(defaults === undefined ? {} : { defaults }),
    build: () => undefined,
  };
}
