// What instances on one Postgres database tell each other over its channel: who stored something, and in which ledger. It
// must not know how that is sent.

/** The server takes 8000 bytes. */
const NOTICE_BYTES_MAX = 7999;

/** Instance, ledger and device. */
export type Notice = readonly [instance: string, ledger: string, device: string];

/** A notice as text; undefined where its ids are too long for one. */
export function noticeText(notice: Notice): string | undefined {
  const text = JSON.stringify(notice);
  return Buffer.byteLength(text) <= NOTICE_BYTES_MAX ? text : undefined;
}

/** The notice in a text; undefined for what somebody else said on the channel. */
export function noticeOf(text: string): Notice | undefined {
  try {
    const notice: unknown = JSON.parse(text);
    const isNotice = Array.isArray(notice) && notice.length === 3 && notice.every((each) => typeof each === 'string');
    return isNotice ? (notice as unknown as Notice) : undefined;
  } catch {
    return undefined;
  }
}
