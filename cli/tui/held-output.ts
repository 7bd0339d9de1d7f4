// Output that must not reach the terminal while a view has it: kept in its order, and let out afterwards. It must not
// know what shows meanwhile.

/** What has a `write` as Node's streams have it. */
export type Writer = Pick<NodeJS.WriteStream, 'write'>;

/** What emits Node's warnings, which are written past the streams. */
export type Warner = Pick<NodeJS.Process, 'emit' | 'on' | 'listeners' | 'removeAllListeners'>;

type Chunk = string | Uint8Array;
type Done = (error?: Error | null) => void;

/**
 * Holds back what is written to some streams, and warnings of the process.
 * A callback of a write comes when the text was taken: whoever waits for it goes on as without a view.
 * @returns what lets all of it out, in the order in which it came; to be called once
 */
export function holdOutput(streams: readonly Writer[], warner?: Warner): () => void {
  const held: (() => void)[] = [];
  const originals = streams.map((stream) => stream.write);
  for (const [index, stream] of streams.entries()) {
    const original = originals[index]!;
    stream.write = (chunk: Chunk, second?: BufferEncoding | Done, third?: Done): boolean => {
      const encoding = typeof second === 'string' ? second : undefined;
      const done = typeof second === 'function' ? second : third;
      // Whoever wrote bytes may use their buffer again.
      const kept = typeof chunk === 'string' ? chunk : Uint8Array.from(chunk);
      held.push(() => original.call(stream, kept as string, encoding));
      if (done !== undefined) process.nextTick(done);
      return true;
    };
  }
  const giveWarnings = warner === undefined ? undefined : holdWarnings(warner, held);
  return () => {
    for (const [index, stream] of streams.entries()) stream.write = originals[index]!;
    giveWarnings?.();
    for (const write of held) write();
    held.length = 0;
  };
}

function holdWarnings(warner: Warner, held: (() => void)[]): () => void {
  type Listener = (warning: Error) => void;
  const listeners = warner.listeners('warning') as Listener[];
  warner.removeAllListeners('warning');
  warner.on('warning', (warning) => held.push(() => void warner.emit('warning', warning)));
  return () => {
    warner.removeAllListeners('warning');
    for (const listener of listeners) warner.on('warning', listener);
  };
}
