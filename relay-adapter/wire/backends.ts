// What stands behind a wire: the relay's own routes called in this process, a relay in a process of its own, or any relay
// at an address. It runs on the wire's thread; it must not know what requests say.

import { assert } from '../../sim/errors.ts';
import { HttpClient } from '../load/http-client.ts';
import { InjectBackend } from './inject-backend.ts';
import { ANSWER_MS, sent } from './sending.ts';
import { SpawnBackend } from './spawn-backend.ts';
import type { Backend, WireTarget } from './wire.ts';

/** Opens what a target names. */
export async function openBackend(target: WireTarget): Promise<Backend> {
  if (target.kind !== 'http') return target.kind === 'inject' ? new InjectBackend() : new SpawnBackend();
  const { origin, pathPrefix, headers } = target;
  const client = new HttpClient({ origin, pathPrefix, headers, connections: 1, timeoutMs: ANSWER_MS });
  return {
    request: (request) => sent(client, request),
    async command(command) {
      assert(false, `a relay at an address cannot be told to ${command.name}`);
    },
    close: () => client.close(),
  };
}
