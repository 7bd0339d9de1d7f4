// Takes this process's secrets out of what others say: a relay may echo what it was sent, and its words are printed and
// kept. It must not know where a text came from, nor what a secret opens.

/** A text in which `…` stands for each secret. */
export type Hide = (text: string) => string;

/** Shorter ones would take whole words out of any text, and protect nothing. */
const SECRET_LENGTH_MIN = 4;
/** Texts are read so far: all that is shown of one is its beginning. */
const TEXT_LENGTH_MAX = 2 ** 20;
const HIDDEN = '…';

/**
 * @param secrets all that must not be shown, asked for each time, since more become known: tokens, header values, keys. Of
 *   a value like `Bearer x` what stands behind the first word is one by itself. They are found as they are, and as JSON, a
 *   URL or base64 writes them.
 */
export function hider(secrets: () => Iterable<string>): Hide {
  let known = new Set<string>();
  let longest = 0;
  let pattern: RegExp | undefined;
  return (text) => {
    const now = new Set(secrets());
    if (!isSameSet(now, known)) {
      known = now;
      // Longest first: where one secret begins another one, the rest of the longer one would stay.
      const forms = [...new Set([...now].flatMap(formsOf))].sort((one, other) => other.length - one.length);
      longest = forms[0]?.length ?? 0;
      pattern = forms.length === 0 ? undefined : new RegExp(forms.map(escaped).join('|'), 'g');
    }
    const isCut = text.length > TEXT_LENGTH_MAX;
    const head = isCut ? text.slice(0, TEXT_LENGTH_MAX) : text;
    const hidden = pattern === undefined ? head : head.replace(pattern, HIDDEN);
    // At the cut there may be the beginning of one.
    return isCut ? hidden.slice(0, Math.max(0, hidden.length - longest)) : hidden;
  };
}

function isSameSet(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  if (one.size !== other.size) return false;
  for (const each of one) if (!other.has(each)) return false;
  return true;
}

/** A text as an expression that matches it and nothing else. */
function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}

/** How a secret may come back. */
function formsOf(secret: string): string[] {
  const value = secret.trim();
  const behindScheme = value.slice(value.indexOf(' ') + 1).trim();
  const parts = [secret, value, behindScheme].filter((part) => part.trim().length >= SECRET_LENGTH_MIN);
  return parts.flatMap((part) => {
    const bytes = Buffer.from(part);
    const [base64, base64url] = [bytes.toString('base64'), bytes.toString('base64url')];
    const json = JSON.stringify(part).slice(1, -1);
    const slashed = json.replaceAll('/', String.raw`\/`);
    return [part, json, slashed, encodeURIComponent(bytes.toString()), base64.replace(/=+$/, ''), base64url];
  });
}
