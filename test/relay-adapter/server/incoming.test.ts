// Whose an actor is, as far as a relay can tell from texts.
import { expect, test } from 'vitest';
import { actorId, deviceId } from '../../../models/identity.ts';
import { isActorOf } from '../../../relay-adapter/server/incoming.ts';

test.each([
  ['phone', 'phone', 'its own id'],
  ['phone-0001', 'phone', 'a life of a device whose id is short'],
  ['my-phone-2', 'my-phone', 'a life of a device whose id has a hyphen'],
  ['3-0', '3', 'a life of a device of one character'],
  ['00000011-0000', 'device-0000000000000011', 'the end of the id, eight characters'],
  ['device-0000000000000011-0', 'device-0000000000000011', 'the whole id'],
  [actorId(7, 2), deviceId(7, 5), 'the end of an id with a namespace'],
])('%s is an actor of %s: %s', (actor, device) => expect(isActorOf(actor, device)).toBe(true));

test.each([
  ['3-0000', 'device-0000000000000003', 'one character ends every third id or so'],
  ['0000003-0000', 'device-0000000000000003', 'seven characters'],
  ['one-0001', 'phone', 'the end of a short id'],
  ['-0000', 'phone', 'nothing ends every id'],
  ['phone-', 'my-phone', 'another device'],
  ['phone-', 'phone', 'no number of a life'],
  ['phone-ann', 'phone', 'another device, whose id begins alike'],
  ['phone-0x1', 'phone', 'no hexadecimal digits'],
  ['phone', 'my-phone', 'no life at all'],
  ['00000012-0000', 'device-0000000000000011', 'the end of another id'],
])('%s is no actor of %s: %s', (actor, device) => expect(isActorOf(actor, device)).toBe(false));
