// The space-time picture of a finding: its plan is run again and watched, and what happened becomes lanes, events, messages
// with both ends, spans, and what was shown in the end. It must not know how a picture is drawn or written.

import { type FaultKind } from '../../models/faults/event.ts';
import type { DocumentType } from '../../models/documents/port.ts';
import type { FindingFile } from '../../scenarios/search/finding-file.ts';
import { RELAY, type StoryEvent } from '../../scenarios/search/story-event.ts';
import { type Storyline, storylineOf } from '../../scenarios/search/storyline.ts';
import type { Transit } from '../../scenarios/search/transit-watch.ts';
import { conflictingLabels } from './space-time-conflicts.ts';
import type { SpaceTime, SpaceTimeEvent, SpaceTimeMessage, SpaceTimeSpan } from './space-time.ts';
import { toldOf, viewsOf } from './space-time-views.ts';
import { namesOf } from './story.ts';
import { happeningText, labelsText, visible } from './story-words.ts';

/** What happened in a finding's plan. @throws what its documents throw when they are made */
export function spaceTimeOf(file: FindingFile, documents: DocumentType): SpaceTime {
  return new Picture(file, storylineOf(file.config, file.plan, documents)).made();
}

/** Where something stands in the order of all: behind so many happenings of the story, and then by its tick. */
interface Item {
  readonly place: number;
  readonly tick: number;
  add(order: number): void;
}

/** A message as it is put together. */
type Draft = { -readonly [K in keyof SpaceTimeMessage]: SpaceTimeMessage[K] };

class Picture {
  readonly #file: FindingFile;
  readonly #storyline: Storyline;
  readonly #laneOf: ReadonlyMap<number, number>;
  readonly #nameOf: (index: number) => string;
  readonly #conflicting: ReadonlySet<string>;
  readonly #events: SpaceTimeEvent[] = [];
  readonly #messages: Draft[] = [];
  readonly #spans: SpaceTimeSpan[] = [];
  /** By happening: the message that led to it. */
  readonly #ledTo = new Map<number, Draft>();

  constructor(file: FindingFile, storyline: Storyline) {
    this.#file = file;
    this.#storyline = storyline;
    const lanes = [...storyline.devices.map(({ index }) => index), RELAY];
    this.#laneOf = new Map(lanes.map((device, lane) => [device, lane]));
    this.#nameOf = namesOf(storyline);
    this.#conflicting = conflictingLabels(storyline, file.finding);
  }

  made(): SpaceTime {
    const { devices, events, transits, endUs } = this.#storyline;
    const items = [
      ...transits.flatMap((transit) => this.#itemsOf(transit)),
      ...events.flatMap((event, at) => this.#itemOf(event, at)),
    ];
    items.sort((one, other) => one.place - other.place || one.tick - other.tick);
    for (const item of items) item.add(this.#events.length);
    this.#lasting();
    return {
      lanes: [...devices.map(({ name, index }) => ({ name, device: index })), { name: 'relay', device: RELAY }],
      endUs,
      events: this.#events,
      messages: this.#messages,
      spans: this.#spans,
      views: viewsOf(this.#file, devices),
      told: toldOf(this.#file, this.#nameOf),
    };
  }

  /** The sending of a message, and its arrival where that is no happening of the story. */
  #itemsOf(transit: Transit): Item[] {
    const { kind, device, isToRelay, sentUs, takenUs, end, copy, labels } = transit;
    const lane = this.#lane(device);
    const relay = this.#lane(RELAY);
    const [from, to] = isToRelay ? [lane, relay] : [relay, lane];
    const isLost = end !== 'taken';
    const text = sentText(transit, this.#nameOf(device));
    const message: Draft = {
      kind,
      from,
      fromUs: sentUs,
      to,
      toUs: takenUs ?? null,
      isLost,
      isDoubled: copy > 0,
      text,
      labels,
      sendOrder: null,
      receiveOrder: null,
    };
    this.#messages.push(message);
    const isIdle = !isLost && copy === 0 && (kind === 'pull' || kind === 'notification' || isEmptyPage(transit));
    const at = { labels, isConflicting: false, ...(isIdle && { isIdle }) };
    const sending: Item = {
      place: transit.sentAfter,
      tick: transit.sentTick,
      add: (order) => {
        message.sendOrder = order;
        this.#events.push({ ...at, lane: from, atUs: sentUs, order, kind: 'send', text });
      },
    };
    if (takenUs === undefined) return [sending];
    if (transit.happening !== undefined) {
      this.#ledTo.set(transit.happening, message);
      return [sending];
    }
    const taking: Item = {
      place: transit.takenAfter,
      tick: transit.takenTick,
      add: (order) => {
        message.receiveOrder = order;
        const what = takenText(transit, this.#nameOf(device));
        this.#events.push({ ...at, lane: to, atUs: takenUs, order, kind: 'receive', text: what });
      },
    };
    return [sending, taking];
  }

  /** A happening of the story; those of messages on their way are told by the messages. */
  #itemOf(event: StoryEvent, at: number): Item[] {
    const { happening, device, atUs } = event;
    const { what } = happening;
    if (what === 'push' || (what === 'message' && !this.#isSilence(event))) return [];
    const kind = KINDS[what];
    const text = this.#textOf(event);
    if (kind === undefined || text === undefined) return [];
    const labels = labelsOf(event);
    const isConflicting = what === 'edit' && labels.some((label) => this.#conflicting.has(label));
    const isPreload = what === 'edit' && happening.isPreload;
    const add = (order: number): void => {
      const message = this.#ledTo.get(at);
      if (message !== undefined) message.receiveOrder = order;
      const lane = this.#lane(what === 'message' ? RELAY : device);
      this.#events.push({ lane, atUs, order, kind, text, labels, isConflicting, ...(isPreload && { isPreload }) });
      if (what !== 'message') return;
      const ends = {
        from: lane,
        fromUs: atUs,
        to: this.#lane(device),
        toUs: null,
        sendOrder: order,
        receiveOrder: null,
      };
      this.#messages.push({ kind: 'answer', ...ends, isLost: true, isDoubled: false, text, labels });
    };
    // Behind what was sent before it happened, and before what was sent after.
    return [{ place: at + 0.5, tick: 0, add }];
  }

  /** Whether an answer that was lost was never on its way. */
  #isSilence({ device, atUs, happening }: StoryEvent): boolean {
    if (happening.what !== 'message' || happening.of !== 'answer' || happening.fate !== 'lost') return false;
    const { transits } = this.#storyline;
    return !transits.some((each) => each.kind === 'answer' && each.device === device && each.sentUs === atUs);
  }

  #textOf({ happening }: StoryEvent): string | undefined {
    if (happening.what === 'message') return 'its answer is lost';
    const text = happeningText(happening, this.#nameOf);
    if (happening.what !== 'edit' || happening.isPreload || !this.#conflicting.has(happening.label)) return text;
    const knew = this.#storyline.changes.find(({ label }) => label === happening.label)?.knew;
    return knew === undefined ? text : `${text} · knew ${knew.length === 0 ? 'no other edit' : labelsText(knew)}`;
  }

  /** Spans of the faults that last. */
  #lasting(): void {
    const { events, endUs } = this.#storyline;
    for (const [at, { happening, device, atUs }] of events.entries()) {
      if (happening.what !== 'fault') continue;
      const { fault } = happening;
      const text = LASTING[fault.kind];
      if (text === undefined) continue;
      const end = events
        .slice(at)
        .find((each) => each.happening.what === 'fault-end' && each.happening.fault === fault);
      this.#spans.push({ lane: this.#lane(device), fromUs: atUs, toUs: end?.atUs ?? endUs, text });
    }
  }

  #lane(device: number): number {
    return this.#laneOf.get(device) ?? this.#laneOf.size - 1;
  }
}

const KINDS: Partial<Readonly<Record<StoryEvent['happening']['what'], SpaceTimeEvent['kind']>>> = {
  edit: 'edit',
  accept: 'accept',
  'accept-again': 'accept',
  reject: 'reject',
  acknowledge: 'acknowledge',
  page: 'receive',
  message: 'send',
  fault: 'fault',
  'fault-end': 'restart',
  restart: 'restart',
  clock: 'fault',
  calm: 'calm',
  judge: 'judge',
};

/** Faults that last, as a state. */
const LASTING: Partial<Readonly<Record<FaultKind, string>>> = {
  partition: 'cut off',
  clog: 'messages held back',
  latency: 'slow messages',
  throttle: 'little bandwidth',
  offline: 'offline',
  crash: 'down',
  'lost-tail': 'down',
  backup: 'down',
  eviction: 'down',
  suspension: 'frozen',
  'relay-crash': 'down',
  'commit-crash': 'ends at a push',
  'slow-store': 'slow',
  'brown-out': 'few workers',
  'lost-response': 'loses answers',
  'rate-limited': 'refuses requests',
  'server-error': 'fails requests',
  failover: 'a follower',
  'relay-tail-lost': 'down',
  'failover-lost': 'a follower',
};

function labelsOf({ happening }: StoryEvent): readonly string[] {
  if ('label' in happening) return [happening.label];
  return 'labels' in happening ? happening.labels : [];
}

function isEmptyPage({ kind, labels }: Transit): boolean {
  return kind === 'page' && labels.length === 0;
}

const ENDS = { taken: '', lost: ': lost on the way', cut: ': cut off on the way', 'under-way': ': still on its way' };

/** What its sender does. */
function sentText(transit: Transit, device: string): string {
  const { end, isToRelay, copy, isAgain } = transit;
  const whom = isToRelay ? 'the relay' : device;
  const fate = end === 'unheard' ? `: ${whom} is not there to hear it` : ENDS[end];
  if (copy > 0) return `a second copy${fate}`;
  return `${saidText(transit, device)}${isAgain && isToRelay ? ' again' : ''}${fate}`;
}

function saidText({ kind, labels, refusal }: Transit, device: string): string {
  switch (kind) {
    case 'push':
      return labels.length === 0 ? 'pushes its state' : `pushes ${labelsText(labels)}`;
    case 'pull':
      return 'asks for news';
    case 'notification':
      return `tells ${device} of news`;
    case 'page':
      return labels.length === 0 ? `has no news for ${device}` : `hands ${labelsText(labels)} to ${device}`;
    case 'answer':
      return refusal === undefined ? `says so to ${device}` : `refuses ${device}: ${visible(refusal)}`;
  }
}

/** What it is to who takes it, where it led to nothing. */
function takenText({ kind, labels, refusal, copy }: Transit, device: string): string {
  const again = copy > 0 ? ' once more' : '';
  switch (kind) {
    case 'push':
      return `is given ${labels.length === 0 ? 'the state' : labelsText(labels)} of ${device}${again}`;
    case 'pull':
      return `is asked by ${device}${again}`;
    case 'notification':
      return `hears that there is news${again}`;
    case 'page':
      return labels.length === 0 ? 'hears of no news' : `gets ${labelsText(labels)}${again}, which is nothing new`;
    case 'answer':
      return refusal === undefined ? `hears the answer${again}` : `hears that it is refused: ${visible(refusal)}`;
  }
}
