import { describe, expect, test } from 'vitest';
import type { Edit } from '../../../../models/documents/edit.ts';
import records, { registers } from '../../../../models/documents/specimens/records.ts';
import { documentContract } from '../../../contract/documents.ts';
import { Exchange } from '../../../contract/exchange.ts';

documentContract(records);
documentContract(registers);

const set = (value: number): Edit => ({ kind: 'set', entity: 'a', field: 'x', value });

describe('records', () => {
  test('hold back what comes before its author’s last change, each change once', () => {
    const exchange = new Exchange(records, 2);
    for (const value of [1, 2, 3, 4]) exchange.edit(0, set(value));
    exchange.deliver(1, [3, 2, 3]);
    expect(exchange.replicas[1]!.pending()).toBe(2);
    expect(exchange.replicas[1]!.view()).toEqual({});
    exchange.deliver(1, [0]);
    expect(exchange.replicas[1]!.view()).toEqual({ a: { fields: { x: 1 } } });
    exchange.deliver(1, [1]);
    expect(exchange.replicas[1]!.pending()).toBe(0);
    expect(exchange.replicas[1]!.view()).toEqual({ a: { fields: { x: 4 } } });
  });

  test('write later than what they hold back', () => {
    const exchange = new Exchange(records, 2, { skewsMs: [60_000, 0] });
    exchange.edit(0, set(1));
    exchange.edit(0, set(2));
    exchange.deliver(1, [1]);
    exchange.edit(1, set(3));
    exchange.settle();
    for (const replica of exchange.replicas) expect(replica.view()).toEqual({ a: { fields: { x: 3 } } });
  });

  test('take changes that were merged in groups with gaps as they take them one by one', () => {
    const exchange = new Exchange(records, 3);
    for (const author of [0, 1, 0, 1, 0]) exchange.edit(author, set(exchange.sent.length));
    exchange.settle();
    const message = (index: number): Uint8Array => exchange.sent[index]!.copy;
    const one = records.merge!([message(4), message(1), message(4)]);
    const other = records.merge!([message(3), message(0)]);
    expect(one).toEqual(records.merge!([message(1), message(4)]));
    // Of each author only what begins with its first change can be used alone.
    expect(records.versionOf!(one)).toBe('4096:1');
    expect(records.versionOf!(other)).toBe('0:1');
    expect(records.versionOf!(message(4))).toBe('');
    expect(records.versionOf!(message(1))).toBe('4096:1');
    const all = records.merge!([one, records.merge!([message(2), other])]);
    const late = new Exchange(records, 1).replicas[0]!;
    late.receive([one]);
    expect(late.version()).toBe(records.versionOf!(one));
    expect(late.pending()).toBe(1);
    late.receive([all]);
    expect(late.version()).toBe(records.versionOf!(all));
    expect(late.version()).toBe(exchange.replicas[2]!.version());
    expect(late.view()).toEqual(exchange.replicas[2]!.view());
  });

  test('keep a tag removed where a remove that knew less comes last', () => {
    const exchange = new Exchange(records, 3);
    const tag = (kind: 'tag-add' | 'tag-remove'): Edit => ({ kind, entity: 'a', tag: 't' });
    exchange.edit(0, tag('tag-add'));
    exchange.settle();
    exchange.edit(1, tag('tag-remove'));
    exchange.edit(0, tag('tag-add'));
    exchange.deliver(2, [2]);
    exchange.edit(2, tag('tag-remove'));
    exchange.deliver(0, [3, 1]);
    exchange.settle();
    for (const replica of exchange.replicas) expect(replica.view()['a']?.tags).toEqual([]);
  });
});
