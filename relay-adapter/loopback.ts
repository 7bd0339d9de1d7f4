// Which addresses stay on this machine, as targets and to listen on. It must not resolve names: what a name server says
// may change between the question and the connection.

import { isIPv6 } from 'node:net';

const SCHEMES = new Set(['http:', 'https:', 'ws:', 'wss:']);
/** As a URL writes an IPv4 address within IPv6, RFC 4291 2.5.5.2: 127.0.0.0/8 is `::ffff:7fxx:xxxx`. */
const MAPPED = /^\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\]$/;
const IPV4 = /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;
/** What a name or an IPv4 address is made of; anything else would mean something else in a URL. */
const NAME = /^[A-Za-z0-9.-]+$/;

/**
 * True where the address can only be this machine: 127.0.0.0/8 and `::1` in every spelling that the URL standard reads
 * (decimal, hexadecimal, octal, shortened, mapped into IPv6) and the name `localhost`. False for anything else: other
 * names, also below `.localhost`, which not every resolver keeps here; `0.0.0.0` and `::`, which name no address and
 * reach this machine on some systems only; other schemes than HTTP's and WebSocket's; and what is no URL.
 */
export function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  if (!SCHEMES.has(protocol)) return false;
  const name = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
  return name === 'localhost' || name === '[::1]' || IPV4.test(name) || MAPPED.test(name);
}

/** The same of a host by itself, as one listens on it: `127.0.0.1`, `::1`, `localhost`. */
export function isLoopbackHost(host: string): boolean {
  if (isIPv6(host)) return isLoopback(`http://[${host}]`);
  return NAME.test(host) && isLoopback(`http://${host}`);
}
