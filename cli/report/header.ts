// The configuration of a run in a few lines, or whole, for the start of its output.
import { PLAIN_CLUSTER } from '../../models/relay/cluster-options.ts';
import type { Config } from '../../scenarios/config-schema.ts';
import { unlikeNone } from '../../scenarios/fault-presets.ts';
import { roundTripMs } from '../../scenarios/nominal.ts';
import { divideUsers } from '../../scenarios/pools.ts';
import { ONE_REGION } from '../../scenarios/regions.ts';
import { DEFAULT_RELAY } from '../../scenarios/relays.ts';
import { TOOL } from '../../scenarios/version.ts';
import { visibleLine } from '../../sim/visible-text.ts';
import { formatDuration } from '../durations.ts';
import { grouped, type Paint, percent, short } from './format.ts';

/** Where values begin in a line, and the most characters of a list in one. */
const INDENT = 12;
const LIST_WIDTH = 100;

/** A few lines: seed first, then what a reader needs to tell two runs apart. */
export function headerText(config: Config, paint: Paint): string {
  const { pools, network, relay, faults, client } = config;
  const users = divideUsers(config.users, pools);
  const mbit = (kbit: number): string => (kbit === 0 ? 'unlimited' : `${short(kbit / 1000)} Mbit/s`);
  const rates = [
    ...nonZero('loss', network.lossRate),
    ...nonZero('doubled', network.duplicateRate),
    ...nonZero('reordered', network.reorderRate),
  ];
  const limit = relay.rateLimitPerMinute === 0 ? '' : `, ${short(relay.rateLimitPerMinute)} requests a minute`;
  // Under the wall clock nothing but the users and their devices is modelled.
  const isWall = config.clock === 'wall';
  const warmUp = config.warmUpMs === 0 ? '' : `, the first ${formatDuration(config.warmUpMs)} not counted`;
  const relayName = relay.name === DEFAULT_RELAY ? '' : `${relay.name}: `;
  const rows: [string, string][] = [
    [
      'users',
      `${grouped(config.users)} (light ${users.light}, active ${users.active}, power ${users.power}), think × ${config.thinkScale}`,
    ],
    [
      'time',
      `${formatDuration(config.durationMs)} (up ${formatDuration(config.rampUpMs)}, down ${formatDuration(config.rampDownMs)}), then at most ${formatDuration(config.drain.budgetMs)} to agree${isWall ? warmUp : `, from ${config.epoch}`}`,
    ],
    [
      'devices',
      `documents ${config.documents}, dialect ${config.dialect}, batches of ${client.batchSize}, sync every ${formatDuration(client.autoSyncMs)}`,
    ],
    [
      'network',
      isWall
        ? `as it is; turns are due as if a request took ${short(roundTripMs(config))} ms`
        : [
            `${network.name}: ${short(network.latencyMsMean)} ms one way (${short(network.latencyMsMin)}–${short(network.latencyMsMax)}, σ ${network.latencySigma})`,
            `${mbit(network.bandwidthKbitUp)} up`,
            `${mbit(network.bandwidthKbitDown)} down`,
            ...rates,
          ].join(', '),
    ],
    [
      'relay',
      isWall
        ? `${config.side}, wall clock, ${config.wire.connections} connections`
        : `${relayName}${config.side}, ${instancesText(config)}, queue ${grouped(relay.queueLimit)}, pages of ${relay.pageSize}${limit}, ${config.clock} clock`,
    ],
    ...setupRows(config),
    ['faults', wrapped([faults.name, ...unlikeNone(faults).map(([key, value]) => `${key} ${value}`)])],
  ];
  const workload = Object.entries(config.workload);
  if (workload.length > 0) rows.push(['workload', workload.map(([key, value]) => `${key} ${value}`).join(', ')]);
  const title = `${TOOL.name} ${TOOL.version} · ${config.scenario} · ${config.profile} · seed ${visibleLine(config.seed)}`;
  return `${paint('bold', title)}\n${rows.map(([key, value]) => `  ${key.padEnd(10)}${value}\n`).join('')}`;
}

/** What serves at once: `4 × 4 workers`, `1 event loop`. */
function instancesText({ relay, service }: Config): string {
  if (service.kind === 'workers') return `${relay.instances} × ${relay.workers} workers`;
  return `${relay.instances} event loop${relay.instances === 1 ? '' : 's'}`;
}

/** How instances stand together, and what is to go wrong; nothing where that is as usual. */
function setupRows({ cluster, regions, incident, client }: Config): [string, string][] {
  const unlike = (group: object, usual: object): string[] =>
    Object.entries(group).flatMap(([key, value]) =>
      Reflect.get(usual, key) === value ? [] : [`${key} ${String(value)}`],
    );
  const together = [
    ...unlike(cluster, PLAIN_CLUSTER),
    ...(regions.name === ONE_REGION.name ? [] : [`regions ${regions.name}, ${regions.routing}`]),
  ];
  const rows: [string, string][] = together.length === 0 ? [] : [['cluster', wrapped(together)]];
  if (client.retryJitter === 'none')
    rows.push(['retries', `without jitter, up to ${formatDuration(client.retryMsMax)}`]);
  if (incident.kind === 'none') return rows;
  const { kind, atMs, forMs, share, factor } = incident;
  const much =
    kind === 'reconnect-storm'
      ? `, ${percent(share)} of devices`
      : kind === 'slow-store' || kind === 'surge'
        ? `, × ${factor}`
        : '';
  rows.push(['incident', `${kind} at ${formatDuration(atMs)} for ${formatDuration(forMs)}${much}`]);
  return rows;
}

/** Every key and its value, one a line, in the configuration's order. */
export function wholeConfigText(config: Config): string {
  const lines: string[] = [];
  const walk = (prefix: string, value: unknown): void => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) walk(prefix === '' ? key : `${prefix}.${key}`, inner);
    } else if (value !== undefined) {
      lines.push(`  ${prefix} = ${JSON.stringify(value)}\n`);
    }
  };
  walk('', config);
  return lines.join('');
}

function nonZero(name: string, rate: number): string[] {
  return rate === 0 ? [] : [`${name} ${short(rate * 100)}%`];
}

/** A list with commas, over as many lines as it takes. */
function wrapped(items: readonly string[]): string {
  const lines = [''];
  for (const [at, item] of items.entries()) {
    const text = at === items.length - 1 ? item : `${item},`;
    const line = lines.at(-1)!;
    if (line === '') lines[lines.length - 1] = text;
    else if (line.length + 1 + text.length > LIST_WIDTH) lines.push(text);
    else lines[lines.length - 1] = `${line} ${text}`;
  }
  return lines.join(`\n${' '.repeat(INDENT)}`);
}
