import { expect, test } from 'vitest';
import { type Complaint, judgeProtocol } from '../../../models/oracles/protocol.ts';
import type { JudgedDevice } from '../../../models/oracles/judged.ts';

const MOMENT = { nowUs: 5_000_000, events: 42 };
const member = (id: number): JudgedDevice => ({ id, index: id }) as JudgedDevice;
const LEDGER = { index: 1, id: 'ledger-1', members: [member(3), member(4)] };

function complaint(more: Partial<Complaint>): Complaint {
  const asked = { request: 'pull of device 3', expected: 'a change', got: 'none' };
  return { kind: 'differs', ledger: 1, device: 3, atUs: 7, times: 1, ...asked, ...more };
}

test('no wrong answer is no finding', () => {
  expect(judgeProtocol(LEDGER, [], MOMENT)).toEqual([]);
});

test('the first wrong answer of a kind is told in words, with how many there were', () => {
  const complaints = [
    complaint({ request: 'first', atUs: 1, times: 3 }),
    complaint({ kind: 'unreadable', device: 4, got: 'status 500' }),
  ];
  const findings = judgeProtocol(LEDGER, complaints, MOMENT);
  expect(findings.map(({ signature, kind, oracle }) => [signature, kind, oracle])).toEqual([
    ['protocol:differs', 'safety', 'protocol'],
    ['protocol:unreadable', 'safety', 'protocol'],
  ]);
  expect(findings[0]!.detail).toEqual({ request: 'first', expected: 'a change', got: 'none', atUs: 1, times: 3 });
  expect(findings[1]!.detail).toMatchObject({ got: 'status 500', times: 1 });
  expect(findings.map(({ devices }) => devices)).toEqual([[3], [4]]);
  expect(findings[0]).toMatchObject({ atUs: MOMENT.nowUs, event: MOMENT.events });
});

test('wrong answers about another ledger are the other ledger’s', () => {
  expect(judgeProtocol(LEDGER, [complaint({ ledger: 0 }), complaint({ ledger: 2 })], MOMENT)).toEqual([]);
});

test('what nobody asked for accuses no device', () => {
  const [finding] = judgeProtocol(LEDGER, [complaint({ kind: 'other-log', device: -1 })], MOMENT);
  expect(finding).toMatchObject({ signature: 'protocol:other-log', devices: [] });
});
