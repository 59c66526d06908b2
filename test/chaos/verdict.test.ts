import { describe, expect, test } from 'vitest';

import { compileSync } from '../../src/engine/model.ts';
import type { Link } from '../../src/engine/state.ts';
import { must } from '../../src/lib/assert.ts';
import { Records, type EntryWrite, type Fields } from '../world/records.ts';
import type { Evidence, StoreEvidence, SystemEvidence } from './evidence.ts';
import { DEFINITION, gradesOf } from './grades.ts';
import { judge } from './verdict.ts';

const EMPTY: StoreEvidence = {
  streams: [],
  hints: [],
  identities: [],
  links: [],
  writes: [],
  holds: [],
  decisions: [],
  journal: [],
  attempts: [],
};

/** The logs of three systems, written entry by entry, and a store that knows nothing of them. */
function planted(): {
  readonly evidence: Evidence;
  readonly note: (side: string, id: string, after: Fields | null, by?: EntryWrite) => void;
} {
  let order = 0;
  const counter = { next: () => (order += 1), last: () => order };
  const systems = new Map(
    gradesOf({ automations: false }).map((shape): [string, SystemEvidence] => [
      shape.name,
      { shape, records: new Records(shape.name, counter, false) },
    ]),
  );
  const evidence = {
    model: compileSync(DEFINITION),
    systems,
    store: EMPTY,
    lapses: [],
    restoredOrder: 0,
    violations: [],
  };
  return {
    evidence,
    note: (side, id, after, by) => {
      const { records } = must(systems.get(side), 'a side of the sync');
      const kind = after === null ? 'delete' : records.now(id) === null ? 'create' : 'update';
      records.note(order, by === undefined ? 'user' : 'trueup', kind, id, after, by ?? null);
    },
  };
}

function write(key: string, asked: Fields, sentOrder: number): EntryWrite {
  return { key, asked, lookedOrder: sentOrder, sentOrder };
}

function verdictOn(evidence: Evidence, store: Partial<StoreEvidence> = {}): string {
  judge({ ...evidence, store: { ...EMPTY, ...store } });
  return evidence.violations.join('\n');
}

/** The row of a record that Trueup knows as one of the identity `i`. */
function linked(side: string, recordId: string): StoreEvidence['links'][number] {
  const row = { side, recordId, status: 'gone', version: null, asOfMs: 0 } as const;
  const link: Link = { ...row, lookedAtMs: 0, accounted: {}, agreed: {}, sent: [] };
  return { ...row, stampedAtMs: null, failure: null, linked: { identityId: 'i', link }, past: null };
}

const THING: Fields = { email: 'a@x.test', name: 'first' };

describe('what a run must not leave behind is told', () => {
  test('a record that the store does not know, and a value that is nowhere kept', () => {
    const { evidence, note } = planted();
    note('crm', 'crm-1', THING);
    const verdict = verdictOn(evidence);
    expect(verdict).toContain('I13: crm crm-1 is not known');
    expect(verdict).toContain('I2: name "first" of crm crm-1 is lost');
  });

  test('an edit that was written over by an older value', () => {
    const { evidence, note } = planted();
    note('crm', 'crm-1', THING);
    note('crm', 'crm-1', { ...THING, name: 'second' });
    note('crm', 'crm-1', THING, write('k', { name: 'first' }, 2));
    expect(verdictOn(evidence)).toContain('I3: name "second" of crm crm-1 was overwritten unaccounted');
  });

  test('one create that made two records', () => {
    const { evidence, note } = planted();
    note('shop', 'shop-1', THING, write('k', THING, 0));
    note('shop', 'shop-2', THING, write('k', THING, 1));
    expect(verdictOn(evidence)).toContain('I5: one create made shop shop-2 and shop shop-1');
  });

  test('a thing that lived nowhere and was made again', () => {
    const { evidence, note } = planted();
    note('crm', 'crm-1', THING);
    note('crm', 'crm-1', null);
    note('crm', 'crm-2', THING, write('k', THING, 2));
    expect(verdictOn(evidence)).toContain('I10: a@x.test was deleted, and made again as crm crm-2');
  });

  test('a thing that Trueup had begun to delete and made again', () => {
    const { evidence, note } = planted();
    note('crm', 'crm-1', THING);
    note('erp', 'erp-1', THING, write('k1', THING, 1));
    note('shop', 'shop-1', THING, write('k2', THING, 1));
    note('crm', 'crm-1', null);
    note('shop', 'shop-1', null, write('k3', {}, 4));
    note('crm', 'crm-2', THING, write('k4', THING, 5));
    expect(verdictOn(evidence)).toContain('I10: a@x.test was deleted, and made again as crm crm-2');
  });

  test('a thing that lives on where nobody knows of its delete', () => {
    const { evidence, note } = planted();
    note('crm', 'crm-1', THING);
    note('erp', 'erp-1', THING, write('k1', THING, 1));
    note('crm', 'crm-1', null);
    expect(verdictOn(evidence, { links: [linked('crm', 'crm-1')] })).toContain(
      'I10: a@x.test was deleted, and lives on as erp erp-1',
    );
  });

  test('a record that was deleted although nobody had deleted it', () => {
    const { evidence, note } = planted();
    note('crm', 'crm-1', THING);
    note('crm', 'crm-1', null, write('k', {}, 1));
    expect(verdictOn(evidence)).toContain('I9: crm crm-1 was deleted');
  });

  test('a hold without a cause, and a write that is left open', () => {
    const { evidence } = planted();
    const hold = { holdId: 'h', identityId: 'i', side: 'crm', recordId: null, field: null } as const;
    const verdict = verdictOn(evidence, {
      holds: [{ ...hold, reason: 'duplicateRecord', seen: {}, openedAtMs: 0, closed: null }],
      writes: [{ identityId: 'i', side: 'crm', kind: 'update', state: 'unknown', failure: null }],
    });
    expect(verdict).toContain('I12: a hold without a cause: duplicateRecord');
    expect(verdict).toContain('I12: the update of i at crm is left unknown');
  });
});

describe('what people did is not held against a run', () => {
  test('a create that crossed the delete of the thing elsewhere, if it is deleted in its turn', () => {
    const { evidence, note } = planted();
    note('crm', 'crm-1', THING);
    note('erp', 'erp-1', THING);
    note('erp', 'erp-1', null);
    note('shop', 'shop-1', THING, write('k1', THING, 3));
    note('crm', 'crm-1', null, write('k2', {}, 4));
    note('shop', 'shop-1', null, write('k3', {}, 5));
    expect(verdictOn(evidence, { links: [linked('erp', 'erp-1')] })).not.toContain('I10');
  });

  test('a create that crossed the delete, if a person is asked about the thing', () => {
    const { evidence, note } = planted();
    note('crm', 'crm-1', THING);
    note('erp', 'erp-1', THING);
    note('erp', 'erp-1', null);
    note('shop', 'shop-1', THING, write('k1', THING, 3));
    const hold = {
      holdId: 'h',
      identityId: 'i',
      side: 'erp',
      recordId: null,
      field: null,
      seen: {},
    } as const;
    const store = {
      links: [linked('erp', 'erp-1'), linked('crm', 'crm-1'), linked('shop', 'shop-1')],
      holds: [{ ...hold, reason: 'editAgainstDelete', openedAtMs: 0, closed: null } as const],
    };
    const verdict = verdictOn(evidence, store);
    expect(verdict).not.toContain('I10');
    expect(verdict).not.toContain('I12');
  });

  test('a second record of the key, which is a thing of its own once the first is deleted', () => {
    const { evidence, note } = planted();
    note('erp', 'erp-1', THING);
    note('crm', 'crm-1', THING, write('k1', THING, 1));
    note('erp', 'erp-2', THING, write('k2', THING, 1));
    note('erp', 'erp-2', null);
    note('crm', 'crm-1', null, write('k3', {}, 4));
    note('crm', 'crm-2', THING, write('k4', THING, 5));
    expect(verdictOn(evidence, { links: [linked('erp', 'erp-2')] })).not.toContain('I10');
  });

  test.each([
    [
      'which record a lost create has made',
      { identityId: null, recordId: 'shop-1', reason: 'ambiguousMatch' },
    ],
    ['whether it has made a second one', { identityId: 'i', recordId: null, reason: 'duplicateRecord' }],
  ] as const)('a question about %s', (_, about) => {
    const { evidence, note } = planted();
    note('crm', 'crm-1', THING);
    note('shop', 'shop-1', THING, write('k', THING, 1));
    const hold = { holdId: 'h', side: 'shop', field: null, seen: {}, openedAtMs: 0, closed: null };
    const verdict = verdictOn(evidence, {
      links: [linked('crm', 'crm-1')],
      attempts: [{ identityId: 'i', side: 'shop', kind: 'create', outcome: 'unknown' }],
      holds: [{ ...hold, ...about }],
    });
    expect(verdict).not.toContain('I12');
  });
});
