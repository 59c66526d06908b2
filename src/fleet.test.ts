import { expect, test } from 'vitest';

import { simpleDefinition } from '../test/support/sync.ts';
import { runsAlike } from './fleet.ts';
import type { SyncRow } from './store/control.ts';

const ROW: SyncRow = {
  syncKey: '1',
  name: 'things',
  mode: 'live',
  revision: 1,
  definition: simpleDefinition(['crm', 'erp']),
  approvedUntilMs: 0,
};

test('a sync runs on while neither its mode, its revision nor its approval has changed', () => {
  expect(runsAlike(ROW, { ...ROW })).toBe(true);
  expect(runsAlike(ROW, { ...ROW, mode: 'observe' })).toBe(false);
  expect(runsAlike(ROW, { ...ROW, revision: 2 })).toBe(false);
  // What an approved plan holds would otherwise wait for the next start of the worker.
  expect(runsAlike(ROW, { ...ROW, approvedUntilMs: 1 })).toBe(false);
});
