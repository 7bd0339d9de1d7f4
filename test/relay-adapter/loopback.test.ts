// Which addresses count as this machine.
import { expect, test } from 'vitest';
import { isLoopback, isLoopbackHost } from '../../relay-adapter/loopback.ts';

const HERE = [
  'http://127.0.0.1',
  'http://127.0.0.1:8787/api',
  'https://127.255.255.254',
  'http://127.0.0.1.:80',
  'http://127.1',
  'http://2130706433',
  'http://0x7f000001',
  'http://0x7F.1',
  'http://0177.0.0.1',
  'http://[::1]:8787',
  'http://[0:0:0:0:0:0:0:1]',
  'http://[::ffff:127.0.0.1]',
  'http://[::FFFF:7f12:3]',
  'http://localhost',
  'http://LocalHost:8787',
  'http://localhost.',
  'http://%6cocalhost',
  'ws://localhost:8787/ws',
  'http://relay.example@127.0.0.1',
];

const ELSEWHERE = [
  'http://relay.example',
  'http://128.0.0.1',
  'http://126.255.255.255',
  'http://10.0.0.1',
  'http://192.168.1.1',
  'http://169.254.169.254',
  'http://0.0.0.0',
  'http://[::]',
  'http://[::2]',
  'http://[::127.0.0.1]',
  'http://[::ffff:10.0.0.1]',
  'http://[::ffff:128.0.0.1]',
  'http://[1::ffff:7f00:1]',
  'http://[fe80::1]',
  'http://localhost.example',
  'http://localhosts',
  'http://notlocalhost',
  'http://relay.localhost',
  'http://127.0.0.1.example',
  'http://127.0.0.1.nip.io',
  'http://localhost@relay.example',
  'http://127.0.0.1:80@relay.example',
  'http://relay.example/@localhost',
  'http://relay.example\\@localhost',
  'http://relay.example#@127.0.0.1',
  'http://relay.example?localhost',
  'http://localhost..',
  'file://localhost/etc/hosts',
  'gopher://127.0.0.1',
  'localhost',
  '127.0.0.1:8787',
  '',
  'http://',
];

test.each(HERE)('%s is this machine', (url) => {
  expect(isLoopback(url)).toBe(true);
});

test.each(ELSEWHERE)('%s is not surely this machine', (url) => {
  expect(isLoopback(url)).toBe(false);
});

test.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.8.9.1', '127.1', '::1', '::ffff:127.0.0.1'])(
  'to listen on %j is to listen on this machine alone',
  (host) => expect(isLoopbackHost(host)).toBe(true),
);

test.each([
  '',
  '0.0.0.0',
  '::',
  '10.0.0.1',
  '::ffff:10.0.0.1',
  'relay.example',
  '127.example.org',
  'relay.localhost',
  '127.0.0.1:80',
  '[::1]',
  'relay.example@127.0.0.1',
  '127.0.0.1/24',
  '127.0.0.1#',
  '%6cocalhost',
  ' localhost',
])('to listen on %j may be to listen for others', (host) => expect(isLoopbackHost(host)).toBe(false));
