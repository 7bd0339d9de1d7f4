// Output that waits until a view has left.
import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { holdOutput, type Warner, type Writer } from '../../../cli/tui/held-output.ts';

/** Two streams that write to one list. */
function streams(): { readonly written: string[]; readonly out: Writer; readonly err: Writer } {
  const written: string[] = [];
  const writer = (name: string): Writer => ({
    write: (chunk: string | Uint8Array, encoding?: unknown) => {
      const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      return written.push(`${name} ${text}${typeof encoding === 'string' ? ` ${encoding}` : ''}`) > 0;
    },
  });
  return { written, out: writer('out'), err: writer('err') };
}

it('is let out in the order in which it came, of both streams', () => {
  const { written, out, err } = streams();
  const release = holdOutput([out, err]);
  out.write('a');
  err.write('b');
  out.write('63', 'hex');
  expect(written).toEqual([]);
  release();
  expect(written).toEqual(['out a', 'err b', 'out 63 hex']);
  out.write('d');
  expect(written.at(-1)).toBe('out d');
});

it('bytes are kept as they were written', () => {
  const { written, out } = streams();
  const release = holdOutput([out]);
  const bytes = Buffer.from('a');
  out.write(bytes);
  bytes.write('z');
  release();
  expect(written).toEqual(['out a']);
});

it('whoever waits for a write goes on meanwhile', async () => {
  const { written, out } = streams();
  const release = holdOutput([out]);
  await new Promise<void>((resolve) => out.write('a', () => resolve()));
  await new Promise<void>((resolve) => out.write('b', 'utf8', () => resolve()));
  expect(written).toEqual([]);
  release();
});

it('warnings wait too, and then are told to whoever heard them before', () => {
  const warner = new EventEmitter();
  const heard: unknown[] = [];
  warner.on('warning', (warning) => heard.push(warning));
  const release = holdOutput([], warner as unknown as Warner);
  warner.emit('warning', 'early');
  expect(heard).toEqual([]);
  release();
  warner.emit('warning', 'late');
  expect(heard).toEqual(['early', 'late']);
});
