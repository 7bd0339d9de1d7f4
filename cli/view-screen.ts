// Opens the live view for a command, as runs and hunts have it alike. It must not know what is shown.

import type { Arguments } from './flags.ts';
import { type Io, type ScreenPort, wantsColours } from './io.ts';
import type { ToView } from './tui/messages.ts';
import type { ScreenOptions } from './tui/screen.ts';

export interface ViewOptions extends Pick<ScreenOptions, 'frame' | 'wish'> {
  readonly open: Pick<Extract<ToView, { kind: 'open' }>, 'title' | 'shareMax' | 'hang'>;
  /** The view is gone, and that was said: what it showed goes on without it. */
  lost(): void;
}

/** Opens a view on a terminal that allows one. Undefined where that fails, which is no reason to end what is shown. */
export async function openView(io: Io, parsed: Arguments, view: ViewOptions): Promise<ScreenPort | undefined> {
  const lose = (reason: string): void => {
    io.err(`squall: the live view is gone (${reason}); the ${view.open.title.kind} goes on without it\n`);
    view.lost();
  };
  try {
    const look = { hasColours: wantsColours(io), stays: parsed.has('stay') };
    return await io.openScreen!({
      open: { kind: 'open', ...view.open, ...look },
      frame: (tab) => view.frame(tab),
      wish: (wish) => view.wish(wish),
      isDead: lose,
    });
  } catch (error) {
    lose(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}
