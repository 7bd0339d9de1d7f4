// How the network lays out links and messages in typed arrays: which integer stands where. For the network alone.

/**
 * A link's integers: class, epoch (how often it was blocked), blocks and clogs in force, held messages (first, last), and
 * the key of its draws, which as an object a link would cost more cache misses than all else in `send`.
 */
export const LINK_INTS = 8;
export const CLASS = 0;
export const EPOCH = 1;
export const BLOCKS = 2;
export const CLOGS = 3;
export const HELD_FIRST = 4;
export const HELD_LAST = 5;
export const KEY_LOW = 6;
export const KEY_HIGH = 7;

/**
 * A link's times: when its wire is free (a fraction of a microsecond may remain), its latest arrival in order, added
 * delay, and time on the wire where it is made narrower than its class (0 where it is not).
 */
export const LINK_TIMES = 4;
export const WIRE_FREE_US = 0;
export const LAST_ARRIVAL_US = 1;
export const ADDED_DELAY_US = 2;
export const THROTTLED_US_PER_BYTE = 3;

/** A message's integers: link, the link's epoch when it was sent, handler, a, b, c, next in the free or a held list. */
export const MESSAGE_INTS = 8;
export const LINK = 0;
export const SENT_EPOCH = 1;
export const HANDLER = 2;
export const A = 3;
export const B = 4;
export const C = 5;
export const NEXT = 6;
/** Ends a list; message 0 is not used. */
export const NONE = 0;
