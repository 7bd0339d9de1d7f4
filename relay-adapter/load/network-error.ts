// Network trouble in a word, so that it can be counted. It must not know who asked what.

/** Words by the code of an error of Node or undici. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  ENOTFOUND: 'unknown host',
  EAI_AGAIN: 'unknown host',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'no address left',
  EMFILE: 'no files left',
  ENFILE: 'no files left',
  UND_ERR_HEADERS_OVERFLOW: 'garbage',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'too large',
  UND_ERR_INVALID_ARG: 'bad request',
  UND_ERR_NOT_SUPPORTED: 'bad request',
  EPROTO: 'tls',
};

/**
 * A word or two for what went wrong with a request: `refused`, `reset`, `timeout`, `garbage` (no HTTP), `too large`, `tls`,
 * `unknown host`, `unreachable`, `bad request` (what was asked for cannot be sent), and a few more; `failed` where none fits.
 *
 * @param isWithinBody the answer's headers had come
 */
export function networkErrorWord(error: Error, isWithinBody: boolean): string {
  const { code } = error as { code?: unknown };
  // A body shorter than its length was cut off; before the body, undici says the same of lengths that contradict.
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return isWithinBody ? 'reset' : 'garbage';
  // So was one without its last chunk. undici gives the parser's errors no code.
  if (error.name === 'HTTPParserError') return error.message.includes('Invalid EOF state') ? 'reset' : 'garbage';
  if (typeof code !== 'string') return 'failed';
  // undici throws these two at answers that nobody asked for.
  if (code === 'UND_ERR_SOCKET' && /^bad (response|upgrade)$/.test(error.message)) return 'garbage';
  const word = WORDS[code];
  if (word !== undefined) return word;
  return /^ERR_(TLS|SSL)_|CERT|SIGNATURE|CRL/.test(code) ? 'tls' : 'failed';
}
