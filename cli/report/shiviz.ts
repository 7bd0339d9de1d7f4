// A space-time picture as a log with vector clocks, as ShiViz reads it with its default expression:
// (?<host>\S*) (?<clock>{.*})\n(?<event>.*). It must not know findings.

import { oneLine } from './escape.ts';
import type { SpaceTime } from './space-time.ts';
import { seconds } from './story-words.ts';

/** The log: two lines an event. A clock counts an event's lane on, and takes in what the sender of a message knew. */
export function shivizLog({ lanes, events, messages }: SpaceTime): string {
  const hosts = hostsOf(lanes.map(({ name }) => name));
  const clocks = lanes.map(() => lanes.map(() => 0));
  /** By event: the clock that its message carries. */
  const sent = new Map<number, readonly number[]>();
  const senders = new Map<number, number[]>();
  for (const { sendOrder, receiveOrder } of messages) {
    if (sendOrder === null || receiveOrder === null) continue;
    const there = senders.get(receiveOrder);
    if (there === undefined) senders.set(receiveOrder, [sendOrder]);
    else there.push(sendOrder);
  }
  const lines: string[] = [];
  for (const { lane, order, atUs, text, isPreload } of events) {
    const clock = clocks[lane]!;
    for (const sender of senders.get(order) ?? []) {
      for (const [at, count] of (sent.get(sender) ?? []).entries()) clock[at] = Math.max(clock[at]!, count);
    }
    clock[lane]!++;
    sent.set(order, [...clock]);
    const known = Object.fromEntries(hosts.flatMap((host, at) => (clock[at]! > 0 ? [[host, clock[at]!]] : [])));
    const time = isPreload === true ? 'before' : seconds(atUs);
    lines.push(`${hosts[lane]!} ${JSON.stringify(known)}`, oneLine(`${time} ${text}`));
  }
  return `${lines.join('\n')}\n`;
}

/** Names without space, each another one. */
function hostsOf(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const plain = oneLine(name).replaceAll(/[\s{}]/g, '_') || 'device';
    let host = plain;
    for (let number = 2; taken.has(host); number++) host = `${plain}-${number}`;
    taken.add(host);
    return host;
  });
}
