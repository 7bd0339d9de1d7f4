// Space-time pictures of real findings for tests, and one with injected text.
import { spaceTimeOf } from '../../../cli/report/space-time-of.ts';
import type { SpaceTime } from '../../../cli/report/space-time.ts';
import { type Found, foundBy, specimenFile } from '../found.ts';

/** A text that would do harm in one format or another. */
export const HARMFUL = `<script>alert(1)</script>"'&]]>\u001b[31m\n::error::x|\`{"a":1}\u202e\u0000`;

export interface Pictured extends Found {
  readonly name: string;
  readonly picture: SpaceTime;
}

/** Findings of documents and relays: conflicts, lost messages, relays that are down, refusals over and over. */
export async function pictured(): Promise<Pictured[]> {
  const wanted = [
    ['prefer-local', await foundBy(specimenFile('prefer-local'), { oracle: 'convergence' })],
    ['reused-actor', await foundBy(specimenFile('reused-actor'), { oracle: 'convergence' })],
    ['twice-counted', await foundBy(specimenFile('twice-counted'), { oracle: 'idempotence' })],
    ['fallen-silent', await foundBy('lww', { oracle: 'liveness', relaySpecimen: 'fallen-silent' })],
    ['timestamp-cursor', await foundBy('lww', { oracle: 'delivery', relaySpecimen: 'timestamp-cursor' })],
  ] as const;
  return wanted.map(([name, found]) => ({ ...found, name, picture: spaceTimeOf(found.file, found.documents) }));
}

/** A picture in which each text is a harmful one. */
export function harmful(picture: SpaceTime): SpaceTime {
  return {
    ...picture,
    lanes: picture.lanes.map((lane) => ({ ...lane, name: HARMFUL })),
    events: picture.events.map((event) => ({ ...event, text: HARMFUL, labels: event.labels.map(() => HARMFUL) })),
    messages: picture.messages.map((message) => ({ ...message, text: HARMFUL, labels: [HARMFUL] })),
    spans: [{ lane: 0, fromUs: 0, toUs: picture.endUs, text: HARMFUL }],
    views: picture.lanes.map((_, lane) => ({ lane, text: HARMFUL, differs: true })),
    told: [HARMFUL],
  };
}
