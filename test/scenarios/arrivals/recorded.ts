// Helpers of the tests of arrivals: what a run asked for as an access log, and records made from known parameters.
import type { RunInput } from '../../../scenarios/result.ts';
import { liveThrough } from '../../../scenarios/life.ts';
import { prepare } from '../../../scenarios/run.ts';
import type { RelayPort } from '../../../relay-adapter/port.ts';
import type { RelayRequest } from '../../../models/relay/messages.ts';

/** One request that reached a relay. */
export interface Reached {
  readonly atMs: number;
  readonly device: number;
  readonly kind: 'push' | 'pull';
  readonly changes: number;
  readonly bytes: number;
}

/** Runs, and takes down every request that the relay answered in the users' time. */
export async function requestsOf(input: RunInput): Promise<{ requests: Reached[]; durationMs: number }> {
  const requests: Reached[] = [];
  const wrapPort = (port: RelayPort, nowUs: () => number): RelayPort => {
    const wrapped = Object.create(port) as RelayPort;
    const own = {
      handle(request: RelayRequest) {
        const { kind, device, bytes } = request;
        const changes = request.kind === 'push' ? request.changes.length : 0;
        requests.push({ atMs: nowUs() / 1000, device, kind, changes, bytes });
        return port.handle(request);
      },
      rowsFor: (request: RelayRequest) => port.rowsFor(request),
      log: (ledger: number) => port.log(ledger),
      end: (ledger: number) => port.end(ledger),
      dispose: () => port.dispose?.(),
    };
    return Object.assign(wrapped, own);
  };
  const { world, config } = await prepare(input, { wrapPort });
  liveThrough(world);
  world.dispose();
  return { requests: requests.filter(({ atMs }) => atMs < config.durationMs), durationMs: config.durationMs };
}

const MONTH = 'Nov';

/** An access log in Combined Log Format with the size of the request at the end; the day is 2026-11-24 at 00:00. */
export function accessLog(requests: readonly Reached[], zone = '+0000', startHour = 0): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return requests
    .map(({ atMs, device, kind, bytes }) => {
      const s = atMs / 1000 + startHour * 3600;
      const time = `24/${MONTH}/2026:${two(s / 3600)}:${two((s / 60) % 60)}:${two(s % 60)} ${zone}`;
      return `10.0.0.1 - device-${device} [${time}] "POST /sync/${kind} HTTP/1.1" 200 123 "-" "client/1" ${bytes}\n`;
    })
    .join('');
}
