// The space-time picture of a finding as data: a lane for each device and the relay, what happened on each, the messages
// between them. It must not know how it is drawn or written.

/** An instant on a lane. */
export interface SpaceTimeEvent {
  /** Index into `lanes`. */
  readonly lane: number;
  readonly atUs: number;
  /** Order among events of one instant, and of all: 0, 1, 2 … */
  readonly order: number;
  readonly kind:
    | 'edit'
    | 'send'
    | 'accept'
    | 'reject'
    | 'receive'
    | 'acknowledge'
    | 'fault'
    | 'restart'
    | 'calm'
    | 'judge';
  /** A few words, as the story tells it; harmless text on one line. */
  readonly text: string;
  /** Labels of the edits that it is about: `1`, `2`, `S1` … */
  readonly labels: readonly string[];
  /** An edit that conflicts: it is concurrent with another one of the same place, or one of those at which replicas part. */
  readonly isConflicting: boolean;
  /** An edit that everybody has from the start. */
  readonly isPreload?: boolean;
  /** Neither brings nor takes anything: a question for news and what is answered where there is none. */
  readonly isIdle?: boolean;
}

/** A message from lane to lane. Each end is an event of `events`, but that a lost one has no arrival. */
export interface SpaceTimeMessage {
  readonly kind: 'push' | 'answer' | 'page' | 'notification' | 'pull';
  /** Index into `lanes`. */
  readonly from: number;
  readonly fromUs: number;
  readonly to: number;
  /** Arrival; of a lost one, when it would have arrived, or null where nobody can say. */
  readonly toUs: number | null;
  readonly isLost: boolean;
  /** The second copy of one that came twice; the first is a message of its own. */
  readonly isDoubled: boolean;
  readonly text: string;
  readonly labels: readonly string[];
  /** `order` of the events at its ends; null where there is none. */
  readonly sendOrder: number | null;
  readonly receiveOrder: number | null;
}

/** What lasts on a lane: offline, partitioned, crashed … */
export interface SpaceTimeSpan {
  readonly lane: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly text: string;
}

export interface SpaceTime {
  /** Devices by name in order of their indexes (`A`, `B`, `A*` for a copy), the relay last. */
  readonly lanes: readonly { readonly name: string; readonly device: number }[];
  readonly endUs: number;
  readonly events: readonly SpaceTimeEvent[];
  readonly messages: readonly SpaceTimeMessage[];
  readonly spans: readonly SpaceTimeSpan[];
  /** What each lane showed in the end, as one line of text; the differing part first. Empty where nothing differs. */
  readonly views: readonly { readonly lane: number; readonly text: string; readonly differs: boolean }[];
  /** What was demanded and what is wrong, a line each. */
  readonly told?: readonly string[];
}
