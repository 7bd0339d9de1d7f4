// The model side keeps the contract of the relay port.

import { expect, test } from 'vitest';
import { ChangeTable } from '../../models/change-table.ts';
import { inProcess } from '../../relay-adapter/in-process.ts';
import { addChange } from '../models/changes.ts';
import { relayPortContract } from './relay-port.ts';

relayPortContract('the model side', ({ table, dialect, pageSize, ...ports }) => ({
  port: inProcess(table, { dialect, pageSize }, ports),
}));

test('the model side says which it is, and answers at once', () => {
  const table = new ChangeTable(false);
  const port = inProcess(table, { dialect: '1.1', pageSize: 10 }, { isMember: () => true });
  const change = addChange(table, { device: 3 });
  const identity = { ledger: 0, device: 3, cause: 0, attempt: 0, page: 0, serial: 1, bytes: 1 };
  expect(port.side).toBe('model');
  expect(port.handle({ kind: 'push', changes: [change], ...identity })).toMatchObject({ kind: 'pushed', stored: 1 });
});
