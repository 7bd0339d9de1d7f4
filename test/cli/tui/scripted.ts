// Frames and openings that say only what the tests of the screen look at.
import { fileURLToPath } from 'node:url';
import type { RunFrame, ToView } from '../../../cli/tui/messages.ts';

export const STAND_IN = fileURLToPath(new URL('stand-in-view.ts', import.meta.url));

/** A frame with a number, a phase and words. */
export function scriptedFrame(events: number, phase: string, stepped: readonly string[] = []): RunFrame {
  return { kind: 'run', snapshot: { events, phase }, pace: { stepped } } as RunFrame;
}

/** An opening, with what a test needs otherwise. */
export function scriptedOpening(changes: Partial<Opening> = {}): Opening {
  const title = { kind: 'run', scenario: 'scripted' } as Opening['title'];
  return { kind: 'open', title, hasColours: true, stays: false, shareMax: 0.5, hang: null, ...changes };
}

type Opening = Extract<ToView, { kind: 'open' }>;
