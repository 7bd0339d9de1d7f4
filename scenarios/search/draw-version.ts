// The number that a seed's draws go by. It must not know what is drawn.

/**
 * Goes up, with a note in the changelog, when the same seed gives other draws. A finding file keeps the number that it
 * was found with; it is replayed from its plan, and so holds under any later one.
 */
export const DRAW_VERSION = 1;
