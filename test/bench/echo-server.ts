// A fastify server in a process of its own that answers a push in its size: what drivers are measured against. It says
// its port to the process that forked it, and ends with it.

import fastify from 'fastify';

const server = fastify({ logger: false });

interface Pushed {
  readonly device_id: string;
  readonly changes: readonly { readonly id: string }[];
}

server.post<{ Body: Pushed }>('/sync/push', ({ body }) => ({
  protocol_version: '1.1.0',
  device_id: body.device_id,
  accepted: body.changes.map(({ id }) => id),
  rejected: [],
  cursor: '000000000000002a',
  timestamp: 1_700_000_000_000,
}));

process.send?.(Number(new URL(await server.listen({ host: '127.0.0.1', port: 0 })).port));
process.on('disconnect', () => void server.close());
