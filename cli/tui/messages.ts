// What a command and its view say to each other: the view asks for a frame when it wants one, and passes on keys; the
// command answers with what to show. Plain data, since the view is a process of its own.

import type { RunSnapshot, Tab } from '../../scenarios/watch/snapshot.ts';
import type { Verdict } from '../../scenarios/result.ts';

/** What a view is of; said once. */
export interface RunTitle {
  readonly kind: 'run';
  readonly scenario: string;
  readonly profile: string;
  readonly seed: string;
  readonly side: string;
  readonly clock: 'virtual' | 'wall';
  readonly documents: string;
  readonly faults: string;
  readonly users: number;
  readonly devices: number;
}

export interface HuntTitle {
  readonly kind: 'hunt';
  readonly scenario: string;
  readonly profile: string;
  /** The seeds as they were asked for. */
  readonly seeds: string;
  readonly side: string;
  readonly documents: string;
  readonly faults: string;
  readonly workers: number;
  readonly findingsMax: number;
}

export type Title = RunTitle | HuntTitle;

/** How the run is paced. */
export interface PaceNews {
  /** Whether pausing, stepping and slow motion are there: under the virtual clock alone. */
  readonly canPause: boolean;
  readonly isPaused: boolean;
  /** Most times real time that virtual time goes; null where nothing holds it back. */
  readonly speedMax: number | null;
  /** What the last single step did, one line for each record of the trace; empty after none. */
  readonly stepped: readonly string[];
}

/** One frame of a run. */
export interface RunFrame {
  readonly kind: 'run';
  readonly snapshot: RunSnapshot;
  /** Real time since the run began, without pauses, ms. */
  readonly elapsedMs: number;
  /** Over the last moments: events a second of real time, and times faster than real time. */
  readonly eventsPerSecond: number;
  readonly speed: number;
  /** Real time left, ms; null where nothing can be said. */
  readonly leftMs: number | null;
  readonly pace: PaceNews;
  /** Which of two runs it is, under `--check-determinism`. */
  readonly run: { readonly number: number; readonly of: number };
  /** When it has ended. */
  readonly verdict: Verdict | null;
}

/** One distinct finding of a hunt. */
export interface HuntFindingNews {
  readonly signature: string;
  readonly oracle: string;
  readonly kind: 'safety' | 'liveness';
  readonly seed: string;
  /** Seeds that show it. */
  readonly seeds: number;
  /** Not looked at yet, under way, with a file, or without one for good. */
  readonly state: 'found' | 'shrinking' | 'kept' | 'lost';
  /** One line: its story once it is shrunk, before that what is known. */
  readonly story: string;
  /** Its file, once it is kept. */
  readonly file: string | null;
}

/** A plan while it is shrunk. */
export interface ShrinkNews {
  readonly signature: string;
  /** Plans that were tried. */
  readonly tries: number;
  /** Its size as it was first told, in words: `23 edits`. */
  readonly from: string;
  /** Its size by now, in words: `9 edits, 3 devices`. */
  readonly size: string;
}

/** One frame of a hunt. */
export interface HuntFrame {
  readonly kind: 'hunt';
  readonly done: number;
  readonly of: number;
  /** How far it is, by its seeds or by its time, whichever is further, 0–1. */
  readonly share: number;
  readonly elapsedMs: number;
  /** Over the last moments; in the end over the whole hunt. */
  readonly seedsPerSecond: number;
  /** Seeds a second, one value for each second of real time, the oldest first. */
  readonly rates: readonly number[];
  /** Real time left until its seeds or its time are over, ms; null where nothing can be said. */
  readonly leftMs: number | null;
  readonly failedSeeds: number;
  readonly lostSeeds: number;
  readonly findings: readonly HuntFindingNews[];
  readonly shrinking: readonly ShrinkNews[];
  readonly faults: Readonly<Record<string, number>>;
  /** Marks that can be reached and how often they were, those not reached yet first. */
  readonly marks: Readonly<Record<string, number>>;
  /** No further seed counts: what was found is still shrunk. */
  readonly isOver: boolean;
  /** It was interrupted, its time is over, or it has met a bug: what was found is still recorded. */
  readonly isEnding: boolean;
  /** When it has ended. */
  readonly verdict: string | null;
}

export type Frame = RunFrame | HuntFrame;

/** What the command says. */
export type ToView =
  | {
      readonly kind: 'open';
      readonly title: Title;
      readonly hasColours: boolean;
      /** Whether it stays when all has ended, until somebody leaves it. */
      readonly stays: boolean;
      /** Share of one core that drawing may take, 0–1. */
      readonly shareMax: number;
      /** What is to be said if the command does not answer for so long and then is gone. */
      readonly hang: { readonly afterMs: number; readonly text: string } | null;
    }
  | { readonly kind: 'frame'; readonly frame: Frame }
  /** The last frame: the view draws it, and leaves. */
  | { readonly kind: 'end'; readonly frame: Frame }
  /** Leave at once. */
  | { readonly kind: 'leave' };

/** What a person asks for by a key. */
export type Wish = 'pause' | 'step' | 'faster' | 'slower' | 'quit';

/** What the view says. */
export type FromView =
  | { readonly kind: 'next'; readonly tab: Tab }
  | { readonly kind: 'wish'; readonly wish: Wish }
  /** The last frame was drawn; where the view stays, it has not left yet. */
  | { readonly kind: 'ended' };
