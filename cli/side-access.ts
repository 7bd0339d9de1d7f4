// What a person allows a command that may drive a real relay: other machines, and headers of their own. Values of headers
// are secrets: they go to the relay alone, and stand in no text.
import type { SideAccess } from '../relay-adapter/wire/access.ts';
import { InputError } from '../sim/errors.ts';
import type { Arguments } from './flags.ts';

/** A header's name (RFC 9110, section 5.6.2), and a value without control characters. */
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\u0020-\u007e\u0080-\u00ff]*)$/;
/** Headers that the driver sets itself. */
const OWN_HEADERS = ['content-type', 'content-length', 'host', 'connection', 'transfer-encoding'];

/** @throws InputError for a header that is none; its value is not shown */
export function sideAccessOf(parsed: Arguments): SideAccess {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const text of parsed.texts('header')) {
    const [, name, value] = HEADER.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw new InputError('--header', maskedHeader(text), 'name:value, such as x-api-key:abc');
    }
    if (OWN_HEADERS.includes(name.toLowerCase())) {
      throw new InputError('--header', `${name}:…`, 'a header that the driver does not set itself');
    }
    headers[name.toLowerCase()] = value;
  }
  return { allowRemote: parsed.has('allow-remote'), headers };
}

/** A header without its value. */
export function maskedHeader(text: string): string {
  const colon = text.indexOf(':');
  return colon < 0 ? '…' : `${text.slice(0, colon)}:…`;
}
