// What a story is made of: one thing that happened, as data. It must not know how it was seen, nor how it is told.

import type { Edit, LedgerView } from '../../models/documents/edit.ts';
import type { FaultEvent } from '../../models/faults/event.ts';
import type { RestartFrom } from '../../models/observer.ts';

/** What became of a message, where it is not what becomes of most. */
export type MessageFate = 'lost' | 'late' | 'doubled';

/** What happened. Changes go by their labels: the number of an edit, `S1` for a SNAPSHOT, `F1` for a document's answer. */
export type Happening =
  /** A device's user edits. */
  | {
      readonly what: 'edit';
      readonly label: string;
      /** In the table of changes; −1 where it did nothing. */
      readonly change: number;
      readonly edits: readonly Edit[];
      /** The places that were touched. */
      readonly targets: readonly string[];
      /** What the device showed before and after. */
      readonly before: LedgerView;
      readonly after: LedgerView;
      /** Made before the run: everybody has it from the start. */
      readonly isPreload: boolean;
    }
  /** A device sends changes to the relay. */
  | {
      readonly what: 'push';
      labels: readonly string[];
      readonly fate: MessageFate | undefined;
      /** On its way, µs; −1 where it is lost. */
      readonly delayUs: number;
      readonly isAgain: boolean;
    }
  /** The relay accepts changes; those that it has already are left out. */
  | {
      readonly what: 'accept';
      readonly author: number;
      readonly labels: readonly string[];
      /** Those that it says it accepts, and that do not come into its log. */
      readonly unkept: readonly string[];
    }
  /** The relay has all of a push already. */
  | { readonly what: 'accept-again'; readonly author: number; readonly labels: readonly string[] }
  | { readonly what: 'reject'; readonly author: number; readonly labels: readonly string[]; readonly reason: string }
  /** A device hears that its changes are accepted. */
  | { readonly what: 'acknowledge'; readonly labels: readonly string[] }
  /** A device takes a page that brings something. */
  | { readonly what: 'page'; readonly labels: readonly string[]; readonly snapshot: string | undefined }
  /** A message that did not travel as most do. */
  | {
      readonly what: 'message';
      readonly of: 'pull' | 'answer' | 'notification';
      readonly fate: MessageFate;
      /** On its way, µs; −1 where it is lost. */
      readonly delayUs: number;
      /** Of an answer to a push: its changes. */
      readonly labels: readonly string[];
    }
  | { readonly what: 'fault'; readonly fault: FaultEvent }
  | { readonly what: 'fault-end'; readonly fault: FaultEvent }
  | { readonly what: 'restart'; readonly from: RestartFrom }
  /** A device's clock is wrong from the start. */
  | { readonly what: 'clock'; readonly skewUs: number; readonly driftPpm: number }
  /** Users stop, no fault begins any more, and what lasts has ended. */
  | { readonly what: 'calm' }
  /** The oracles judge. */
  | { readonly what: 'judge'; readonly isSettled: boolean };

/** Index of the relay among devices. */
export const RELAY = -1;

/** One thing that happened, where and when. */
export interface StoryEvent {
  /** Virtual time, µs. */
  readonly atUs: number;
  /** Records of the trace by then. */
  readonly record: number;
  /** What `StorySource.mark` gave at that instant; 0 without. */
  readonly mark: number;
  /** Index of the device; −1 for the relay, and for what is everybody's. */
  readonly device: number;
  /** Labels of the edits that the device has, where that may have changed. */
  readonly knows: readonly string[] | undefined;
  readonly happening: Happening;
}
