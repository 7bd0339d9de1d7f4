// Which part of the way from device to store runs out first. It must not know how a capacity is searched for.
import type { World } from '../world.ts';
import type { Bottleneck, CapacityPoint, PartUse } from './result.ts';

/** Begins to count how much each part is used; gives what tells it, the busiest first, parts of equal use by name. */
export function watchParts(world: World): (windowMs: number) => PartUse[] {
  world.relay.use();
  return (windowMs) => sorted([...world.relay.use(), ...bandwidthOf(world, windowMs)]);
}

function sorted(parts: readonly PartUse[]): PartUse[] {
  return parts.toSorted((a, b) => b.share - a.share || (a.part < b.part ? -1 : 1));
}

/** The mean use of a device's links. */
function bandwidthOf({ config, measures, devices }: World, windowMs: number): PartUse[] {
  const { bandwidthKbitUp, bandwidthKbitDown } = config.network;
  const share = (bytes: number, kbit: number): number =>
    kbit === 0 ? 0 : (bytes * 8) / (kbit * windowMs * Math.max(1, devices.length));
  return [
    { part: 'bandwidth up', share: share(measures.bytesSent.value, bandwidthKbitUp) },
    { part: 'bandwidth down', share: share(measures.bytesReceived.value, bandwidthKbitDown) },
  ];
}

/** A share of requests that is refused from which on refusing is what holds the load down. */
const REFUSED_SHARE = 0.01;
/** A part that is used less than this keeps nobody waiting for long. */
const BUSY_SHARE = 0.5;

/** Whether a part counts what was refused, rather than how busy it was. */
function refuses({ part }: PartUse): boolean {
  return /refusal/.test(part);
}

/**
 * The part that runs out first, by the point that missed, or the last one that held: what refuses most where requests are
 * refused, else what is busiest; where nothing is busy, the way itself takes too long.
 */
export function bottleneckOf(point: Pick<CapacityPoint, 'use' | 'tightest'>): Bottleneck | null {
  const refusing = point.use.filter((use) => refuses(use) && use.share >= REFUSED_SHARE);
  const [refusal] = sorted(refusing);
  if (refusal !== undefined) {
    const { part, share } = refusal;
    return { part, share, because: `${percent(share)} of requests are refused there` };
  }
  const [busiest] = sorted(point.use.filter((use) => !refuses(use)));
  if (busiest === undefined) return null;
  const { part, share } = busiest;
  const commits = point.use.find((use) => use.part === 'commit')?.share ?? 0;
  if (part === 'event loop' && share >= BUSY_SHARE && commits > share / 2) {
    const ofThat = percent(commits / share);
    return {
      part: 'commit',
      share: commits,
      because: `the event loop is ${percent(share)} busy, ${ofThat} of that with commits`,
    };
  }
  if (share >= BUSY_SHARE) return { part, share, because: `it is ${percent(share)} busy` };
  const because = `nothing is busy (${part} ${percent(share)}): the time of the way itself is what counts`;
  return { part: 'network and service time', share, because };
}

function percent(share: number): string {
  return `${Math.round(Math.min(1, share) * 100)}%`;
}
