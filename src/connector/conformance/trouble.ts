import assert from 'node:assert/strict';

import { must } from '../../lib/assert.ts';
import type { Session, WriteRequest, WriteResult } from '../contract.ts';
import { ConnectorFailure, type FailureKind } from '../failure.ts';
import type { Trouble } from './harness.ts';
import { readOne, seedOne, type Ground, type Rule } from './rule.ts';

/** Nothing was done, or nobody can tell: never that it was, and never that the record is at fault. */
const NOT_DONE: ReadonlySet<FailureKind> = new Set(['transient', 'rateLimited', 'unknownOutcome']);
const AGAIN: ReadonlySet<FailureKind> = new Set(['transient', 'rateLimited']);

/** What a connector must keep to while everything goes wrong. */
export const TROUBLE_RULES: readonly Rule[] = [
  trouble({
    name: 'trouble-lost-create',
    title: 'a create whose answer is lost is told as written or as unknown, and there is one record',
    check: async (ground, { loseAnswer }) => {
      loseAnswer();
      const result = await writeOne(ground, createOf(ground));
      assert.ok(result.kind === 'written' || result.failure.kind === 'unknownOutcome', toldAs(result));
      await assertRecords(ground, 1);
    },
  }),
  trouble({
    name: 'trouble-lost-update',
    title: 'an update whose answer is lost is told as written or as unknown',
    check: async (ground, { loseAnswer }) => {
      const id = await seedOne(ground);
      const { version } = await readOne(ground, id);
      loseAnswer();
      const result = await writeOne(ground, updateOf(ground, id, version));
      assert.ok(result.kind === 'written' || result.failure.kind === 'unknownOutcome', toldAs(result));
      const session = await ground.reopen();
      try {
        const { fields } = await readOne(ground, id, session);
        assert.equal(fields.get(ground.fields.text), 'changed', 'the update must have happened');
      } finally {
        await session.close();
      }
    },
  }),
  trouble({
    name: 'trouble-lost-request',
    title: 'a write that never arrives is not told as written, nor as the fault of its record',
    check: async (ground, { loseRequest }) => {
      loseRequest();
      const result = await writeOne(ground, createOf(ground));
      if (result.kind === 'written') await assertRecords(ground, 1);
      else {
        assert.ok(NOT_DONE.has(result.failure.kind), toldAs(result));
        await assertRecords(ground, 0);
      }
    },
  }),
  trouble({
    name: 'trouble-outage-write',
    title: 'while nobody answers a write is not told as written, nor as the fault of its record',
    check: async (ground, { outage }) => {
      const over = outage();
      const result = await writeOne(ground, createOf(ground));
      assert.ok(result.kind === 'failed' && NOT_DONE.has(result.failure.kind), toldAs(result));
      over();
      await assertRecords(ground, 0);
    },
  }),
  trouble({
    name: 'trouble-outage-read',
    title: 'while nobody answers no record is told as gone, and no snapshot as complete',
    check: async (ground, { outage }) => {
      const id = await seedOne(ground);
      await readOne(ground, id);
      const over = outage();
      const looked = await failureKindOf(async () => {
        const [lookup] = await ground.session.get(ground.collection, [id], ground.fields.names);
        return lookup?.kind === 'failed' ? lookup.failure.kind : `a lookup that is "${String(lookup?.kind)}"`;
      });
      assert.ok(
        AGAIN.has(looked as FailureKind),
        `a look that nobody answers must be one to try again, not: ${looked}`,
      );
      const read = await failureKindOf(async () => {
        const { signal } = new AbortController();
        const request = {
          collection: ground.collection,
          fields: ground.fields.names,
          resume: null,
          pageRecordsMax: 10,
          mayBeOld: true,
          signal,
        };
        for await (const page of ground.session.readAll(request))
          if (page.complete) return 'a complete snapshot';
        return 'an end without a failure';
      });
      assert.ok(
        AGAIN.has(read as FailureKind),
        `a snapshot that nobody answers must be one to try again, not: ${read}`,
      );
      over();
    },
  }),
  trouble({
    name: 'trouble-ended-session',
    title: 'after its login or connection ended a session goes on by itself, at the second try at the latest',
    check: async (ground, { endSession }) => {
      const id = await seedOne(ground);
      await readOne(ground, id);
      await endSession();
      await secondTry(async () => void (await readOne(ground, id)));
      await endSession();
      await secondTry(async () => {
        const { version } = await readOne(ground, id);
        const result = await writeOne(ground, updateOf(ground, id, version));
        if (result.kind === 'failed') throw new ConnectorFailure(result.failure);
      });
    },
  }),
];

function trouble(rule: {
  readonly name: string;
  readonly title: string;
  readonly check: (ground: Ground, trouble: Trouble) => Promise<void>;
}): Rule {
  return {
    ...rule,
    needsTrouble: true,
    check: (ground) =>
      rule.check(ground, must(ground.trouble, 'the case is only run where there is trouble')),
  };
}

/** Whoever notices that a connection is gone only by using it says so, once. */
async function secondTry(act: () => Promise<void>): Promise<void> {
  const first = await failureKindOf(() => act().then(() => 'done'));
  if (first === 'done') return;
  assert.ok(AGAIN.has(first as FailureKind), `what may be tried again must say so, and not be: ${first}`);
  await act();
}

function createOf({ fields }: Ground): WriteRequest {
  return { key: 'trouble', kind: 'create', recordId: null, ifVersion: null, fields: fields.sample(0) };
}

function updateOf({ fields, card }: Ground, id: string, version: string | null): WriteRequest {
  const ifVersion = card.conditionalWrite ? version : null;
  return {
    key: 'trouble',
    kind: 'update',
    recordId: id,
    ifVersion,
    fields: new Map([[fields.text, 'changed']]),
  };
}

/** What is thrown says that nothing was sent. */
async function writeOne({ session, collection }: Ground, request: WriteRequest): Promise<WriteResult> {
  try {
    const [result] = await session.write(collection, [request]);
    return must(result, 'one request has one result');
  } catch (error) {
    if (!(error instanceof ConnectorFailure)) throw error;
    return { kind: 'failed', key: request.key, failure: error.failure };
  }
}

async function failureKindOf(act: () => Promise<string>): Promise<string> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ConnectorFailure) return error.failure.kind;
    throw error;
  }
}

async function assertRecords(ground: Ground, count: number): Promise<void> {
  const session: Session = await ground.reopen();
  try {
    const { signal } = new AbortController();
    const ids: string[] = [];
    const request = {
      collection: ground.collection,
      fields: ground.fields.names,
      resume: null,
      pageRecordsMax: 10,
      signal,
    };
    for await (const page of session.readAll(request)) ids.push(...page.records.map(({ id }) => id));
    assert.equal(
      ids.length,
      count,
      `there must be ${String(count)} records, but there are ${String(ids.length)}`,
    );
  } finally {
    await session.close();
  }
}

function toldAs(result: WriteResult): string {
  return `such a write must not be told as ${result.kind === 'written' ? 'written' : `${result.failure.kind} (${result.failure.code})`}`;
}
