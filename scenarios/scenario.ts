// What a scenario is: its name, its parameters and how it composes a run. It must not know how runs are driven.

import { z } from 'zod';
import type { ArrivalsOrigin } from './arrivals/arrivals.ts';
import type { Config, ConfigLayer } from './config-schema.ts';
import type { Profile } from './profiles/profile.ts';
import type { World } from './world.ts';

/** What one turn of a user comes to, on average. */
export interface Turn {
  /** Requests that it makes, on whatever device. */
  readonly requests: number;
  /** From the beginning of one turn to that of the next, milliseconds. */
  readonly msMean: number;
}

/** A rule of a scenario for a sum of values. */
export interface ScenarioRule {
  /** Paths of the values that are added up. */
  readonly paths: readonly string[];
  readonly sum: number;
  readonly holds: boolean;
  /** In words: `≤ 1`. */
  readonly expected: string;
}

/** A scenario: one of ours, or the default export of a person's own file. */
export interface ScenarioDefinition {
  readonly name: string;
  readonly title: string;
  /** The scenario's own parameters, all with defaults. */
  readonly workload: z.ZodObject;
  /** What this scenario changes of the configuration at a profile: thresholds, band, users … */
  defaults?(profile: Profile): ConfigLayer;
  /**
   * A user's mean turn where the network and the relay are as configured but never congested; the offered rate is
   * users × requests ÷ time. Left out, no rate is said to be offered.
   *
   * @param roundTripMs mean time from sending a request until its answer is there
   */
  turn?(config: Config, roundTripMs: number): Turn;
  /** What must hold between several values of a configuration each of which is right by itself. */
  rules?(config: Config): readonly ScenarioRule[];
  /** Devices that `build` adds for each user, so that too many users are refused before it does; default 1. */
  readonly devicesPerUser?: number;
  /** Where its requests were recorded; left out, they were not. */
  readonly arrivals?: ArrivalsOrigin;
  /** Adds ledgers, devices and users to a world. */
  build(world: World): void;
}

/** What makes a scenario, in words. */
export const SCENARIO_HAS = 'a scenario with name, title, workload (a zod object) and build';

/** Whether a value, such as a file's default export, is a scenario. */
export function isScenario(value: unknown): value is ScenarioDefinition {
  if (typeof value !== 'object' || value === null) return false;
  const { name, title, workload, build } = value as Partial<Record<keyof ScenarioDefinition, unknown>>;
  const isText = (text: unknown): boolean => typeof text === 'string' && text !== '';
  return isText(name) && isText(title) && workload instanceof z.ZodObject && typeof build === 'function';
}

/** A scenario of one's own, typed where it is written; without parameters of its own it needs no workload. */
export function defineScenario(
  scenario: Omit<ScenarioDefinition, 'workload'> & Partial<Pick<ScenarioDefinition, 'workload'>>,
): ScenarioDefinition {
  return { workload: z.strictObject({}), ...scenario };
}

/** The scenario's own parameters as its schema types them; a resolved configuration has been checked with it. */
export function workloadOf<S extends z.ZodObject>(config: Config, _schema: S): z.infer<S> {
  return config.workload as z.infer<S>;
}

/** Shares are given as decimals, whose sum may miss 1 by a last digit. */
const SHARE_SLACK = 1e-9;

/** The rule that some shares of a workload come to no more than the whole. */
export function sharesOfOne(config: Config, ...keys: string[]): ScenarioRule {
  const sum = keys.reduce((total, key) => total + config.workload[key]!, 0);
  return { paths: keys.map((key) => `workload.${key}`), sum, holds: sum <= 1 + SHARE_SLACK, expected: '≤ 1' };
}
