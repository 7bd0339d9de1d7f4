// What a run of the load tests goes through: the profile, the scenarios, and the hunts, each in shards. Pull requests go
// through fixed seeds, the night through fresh ones, and a person says which. It must not know how any of it is run.
import { appendFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

export const SCENARIOS = ['sync-relay', 'crdt-conflicts', 'mixed-workload'];
const PROFILES = ['light', 'medium', 'heavy'];
const DOCUMENTS = ['lww', 'yjs'];

/** Seeds of a pull request: always the same, so that a red one is its own doing. */
const FIXED_SEEDS = '1..500';
/** Fresh seeds of a night. */
const NIGHTLY_SEEDS = 5000;

/** A matrix of GitHub has at most 256 jobs. */
const HUNTS_MAX = 60;

/**
 * Fresh seeds that belong to one run alone, and are the same where that run is started again.
 * @param {string} runId GITHUB_RUN_ID
 */
export function freshSeeds(runId) {
  if (!/^[1-9]\d{0,19}$/.test(runId)) throw new Error(`no run's number: ${JSON.stringify(runId)}`);
  return `${runId}0000..${runId}${String(NIGHTLY_SEEDS - 1).padStart(4, '0')}`;
}

/**
 * @param {{ event: string, runId: string, profile?: string, scenario?: string, documents?: string, seeds?: string }} asked
 */
export function planOf({ event, runId, profile = '', scenario = '', documents = '', seeds = '' }) {
  if (event === 'pull_request') {
    return laidOut('light', SCENARIOS, ['crdt-conflicts'], DOCUMENTS, FIXED_SEEDS, 2);
  }
  if (event === 'schedule') {
    return laidOut('medium', SCENARIOS, SCENARIOS, DOCUMENTS, freshSeeds(runId), 4);
  }
  const scenarios = scenario === '' || scenario === 'all' ? SCENARIOS : [oneOf('scenario', scenario, SCENARIOS)];
  const listed = documents.trim() === '' ? DOCUMENTS : documents.split(',').map((each) => each.trim());
  for (const each of listed) fits('documents', each, /^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/);
  const asked = seeds.trim() === '' ? FIXED_SEEDS : seeds.trim() === 'fresh' ? freshSeeds(runId) : seeds.trim();
  fits('seeds', asked, /^[A-Za-z0-9][A-Za-z0-9.:,_-]{0,999}$/);
  return laidOut(oneOf('profile', profile || 'medium', PROFILES), scenarios, scenarios, listed, asked, 4);
}

function oneOf(field, value, allowed) {
  if (!allowed.includes(value))
    throw new Error(`${field}: ${JSON.stringify(value)}, expected one of ${allowed.join(', ')}`);
  return value;
}

function fits(field, value, pattern) {
  if (!pattern.test(value)) throw new Error(`${field}: ${JSON.stringify(value)} is none`);
}

function laidOut(profile, scenarios, hunted, documents, seeds, shards) {
  const hunts = [];
  const targets = new Set();
  for (const scenario of hunted) {
    for (const each of documents) {
      const target = `${scenario}-${each.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
      if (targets.has(target)) throw new Error(`documents: ${JSON.stringify(each)} stands there twice`);
      targets.add(target);
      for (let shard = 1; shard <= shards; shard++) {
        hunts.push({ target, scenario, documents: each, seeds, shard, shards });
      }
    }
  }
  if (hunts.length > HUNTS_MAX) throw new Error(`documents: ${hunts.length} hunts, expected at most ${HUNTS_MAX}`);
  return { profile, scenarios, hunts };
}

function main() {
  const { env } = process;
  const plan = planOf({
    event: env.GITHUB_EVENT_NAME ?? '',
    runId: env.GITHUB_RUN_ID ?? '',
    profile: env.PROFILE,
    scenario: env.SCENARIO,
    documents: env.DOCUMENTS,
    seeds: env.SEEDS,
  });
  const lines = [
    `profile=${plan.profile}`,
    `scenarios=${plan.scenarios.join(' ')}`,
    // JSON has no raw newline, so that one line stays one.
    `hunts=${JSON.stringify(plan.hunts)}`,
  ];
  if (env.GITHUB_OUTPUT) appendFileSync(env.GITHUB_OUTPUT, `${lines.join('\n')}\n`);
  process.stdout.write(`${lines.join('\n')}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    main();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  }
}
