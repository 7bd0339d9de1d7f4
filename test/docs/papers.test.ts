// The papers hold together: each metric of a run is defined, each link leads somewhere, each file that is named is
// there.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { CONFIG_DEFAULTS } from '../../scenarios/config-schema.ts';
import { prepare } from '../../scenarios/run.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const papers = ['README.md', 'CHANGELOG.md', ...readdirSync(`${root}docs`).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith('.md'),
);
const textOf = (paper: string): string => readFileSync(join(root, paper), 'utf8');

/** The anchor that a heading has. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .trim()
    .replaceAll(/\s/g, '-');

const PAPERS = [
  'architecture',
  'arrivals',
  'calibrate',
  'capacity',
  'ci',
  'live-view',
  'model',
  'reference',
  'relay',
  'report',
  'reproduce',
  'sides',
  'trust',
];

test('there are papers', () => {
  const docs = PAPERS.map((name) => `docs/${name}.md`);
  expect(papers).toEqual(['README.md', 'CHANGELOG.md', ...docs]);
});

describe.each(papers)('%s', (paper) => {
  const text = textOf(paper);

  test('each link leads to a file, and each anchor to a heading', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
    for (const [link, file, anchor] of links) {
      const target = file === '' ? paper : join(dirname(paper), file!);
      expect(existsSync(join(root, target)), link).toBe(true);
      if (anchor === undefined) continue;
      const anchors = [...textOf(target).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading!));
      expect(anchors, link).toContain(anchor);
    }
  });

  test('each path of the project that is named is there', () => {
    const rooms = 'sim|models|relay-adapter|scenarios|cli|test|docs';
    const paths = [...text.matchAll(new RegExp(`\`((?:${rooms})/[\\w./-]*)\``, 'g'))].map(([, path]) => path!);
    for (const path of paths) expect(existsSync(join(root, path)), path).toBe(true);
  });

  test('each npm script that is named is there', () => {
    const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name!);
    for (const name of named) expect(scripts, name).toHaveProperty([name]);
  });
});

test('each metric of a run is defined once, with its type, and nothing else is', async () => {
  const { world } = await prepare({ scenario: 'crdt-conflicts', profile: 'storm', seed: '1' });
  const inRun = world.simulation.metrics.snapshot(0).map(({ name, type }) => `${name} ${type}`);
  const table = textOf('docs/model.md').split('## Metrics')[1]!.split('\n## ')[0]!;
  const defined = [...table.matchAll(/^\| (`[^|]+`) +\| (\w+) +\|/gm)].flatMap(([, names, type]) =>
    [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => `${name} ${type}`),
  );
  expect(defined.toSorted()).toEqual(inRun.toSorted());
});

test('the defaults that the model names are those that hold', () => {
  const { client, network, relay, drain } = CONFIG_DEFAULTS;
  const text = textOf('docs/model.md').replaceAll(/\s+/g, ' ');
  const { batchSize, notifyMs, retryMsBase, retryMsMax, timeoutMs, autoSyncMs } = client;
  for (const said of [
    `mean \`latencyMsMean\` (${network.latencyMsMean}) and \`latencySigma\` (${network.latencySigma})`,
    `\`latencyMsMax\` (${network.latencyMsMin}, ${network.latencyMsMax})`,
    `(${network.bandwidthKbitUp / 1000},000 up, ${network.bandwidthKbitDown / 1000},000 down; 0 is unlimited)`,
    `mean \`reorderMsMean\` (${network.reorderMsMean})`,
    `\`batchSize\` (${batchSize})`,
    `\`autoSyncMs\` (${autoSyncMs / 1000} s`,
    `\`notifyMs\` (${notifyMs})`,
    `\`timeoutMs\` (${timeoutMs / 1000} s)`,
    `(${retryMsMax / 1000} s, ${retryMsBase} ms)`,
    `\`instances\` × \`workers\` (${relay.instances} × ${relay.workers})`,
    `\`queueLimit\` (${relay.queueLimit / 1000},000)`,
    `\`rateLimitPerMinute\` (${relay.rateLimitPerMinute}: off)`,
    `\`bodyLimitBytes\` (${relay.bodyLimitBytes / 2 ** 20} MiB)`,
    `\`serviceSigma\` (${relay.serviceSigma})`,
    `(${relay.pushMsMean} + ${relay.pushMsPerChange} × changes)`,
    `(${relay.pullMsMean} + ${relay.pullMsPerRow} × rows)`,
    `\`pageSize\` (${relay.pageSize})`,
    `\`drain.budgetMs\` (${drain.budgetMs / 60_000} min)`,
  ]) {
    expect(text).toContain(said);
  }
});
