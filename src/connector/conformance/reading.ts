import assert from 'node:assert/strict';

import { must } from '../../lib/assert.ts';
import type { Cursor, Session, SnapshotPage } from '../contract.ts';
import { assertHolds, readOne, said, seed, seedOne, textOf, type Ground, type Rule } from './rule.ts';

const RECORDS = 7;
const PAGE_RECORDS_MAX = 3;

/** What `readAll`, `get`, `find` and versions promise. */
export const READ_RULES: readonly Rule[] = [
  {
    name: 'read-all-empty',
    title: 'readAll of an empty collection ends with one complete page',
    check: async (ground) => {
      const pages = await readAll(ground, ground.session, null);
      assert.equal(pages.length, 1, 'an empty collection must give exactly one page');
      assertComplete(pages);
    },
  },
  {
    name: 'read-all-once',
    title: 'readAll gives each record once, in pages of the size asked for, complete only on the last',
    check: async (ground) => {
      const ids = await seed(ground, RECORDS);
      const pages = await readAll(ground, ground.session, null);
      assertComplete(pages);
      const read = pages.flatMap((page) => page.records);
      assert.deepEqual(
        sorted(read.map(({ id }) => id)),
        sorted(ids),
        'readAll must give each record exactly once',
      );
      for (const record of read) {
        assertHolds(record, ground.fields.sample(ids.indexOf(record.id)), 'read by readAll');
      }
    },
  },
  {
    name: 'read-all-resume',
    title: 'readAll goes on from a page’s resume cursor without losing a record',
    check: async (ground) => {
      const ids = await seed(ground, RECORDS);
      const pages = await readAll(ground, ground.session, null);
      const session = await ground.reopen();
      try {
        for (const [index, page] of pages.entries()) {
          if (page.resume === null || page.complete) continue;
          const rest = await readAll(ground, session, page.resume);
          assertComplete(rest);
          const read = [...pages.slice(0, index + 1), ...rest].flatMap(({ records }) =>
            records.map(({ id }) => id),
          );
          const missing = ids.filter((id) => !read.includes(id));
          assert.deepEqual(missing, [], `resuming after page ${String(index + 1)} must not lose a record`);
        }
      } finally {
        await session.close();
      }
    },
  },
  {
    name: 'read-fields',
    title: 'only the fields asked for are read',
    check: async (ground) => {
      const id = await seedOne(ground);
      const [lookup] = await ground.session.get(ground.collection, [id], [ground.fields.key]);
      assert.equal(lookup?.kind, 'found', `get must find the record, but answered "${said(lookup)}"`);
      assert.deepEqual(
        [...lookup.record.fields.keys()],
        [ground.fields.key],
        'get must give the fields asked for',
      );
    },
  },
  {
    name: 'get-order',
    title: 'get answers in the order of the ids, repeats included',
    check: async (ground) => {
      const ids = (await seed(ground, RECORDS)).toReversed();
      const asked = [...ids, ground.fields.absentId, ...ids.slice(0, 1)];
      const lookups = await ground.session.get(ground.collection, asked, ground.fields.names);
      const answered = lookups.map((lookup) => (lookup.kind === 'found' ? lookup.record.id : lookup.id));
      assert.deepEqual(answered, asked, 'get must give one lookup per id, in the same order');
      assert.ok(
        lookups.every(
          (lookup, index) => lookup.kind === (asked[index] === ground.fields.absentId ? 'absent' : 'found'),
        ),
        `what exists must be found and what does not be absent: ${lookups.map(said).join(', ')}`,
      );
    },
  },
  {
    name: 'get-absent',
    title: 'an id that no record has is absent, also one that was deleted',
    check: async (ground) => {
      const id = await seedOne(ground);
      await ground.user.delete(id);
      const lookups = await ground.session.get(
        ground.collection,
        [id, ground.fields.absentId],
        ground.fields.names,
      );
      assert.deepEqual(
        lookups.map(said),
        ['absent', 'absent'],
        'what is not there must be answered "absent"',
      );
    },
  },
  {
    name: 'get-empty',
    title: 'get of no ids answers nothing',
    check: async ({ session, collection, fields }) => {
      assert.deepEqual(await session.get(collection, [], fields.names), [], 'no ids must give no lookups');
    },
  },
  {
    name: 'find',
    title: 'find gives the records that have one of the values, and no others',
    check: async (ground) => {
      const ids = await seed(ground, RECORDS);
      const values = [1, 4].map((index) =>
        must(ground.fields.sample(index).get(ground.fields.key), 'samples have a key'),
      );
      const found = await find(ground, values, RECORDS);
      assert.deepEqual(
        sorted(found.map(({ id }) => id)),
        sorted(ids.filter((_, index) => index === 1 || index === 4)),
        'find must give exactly the records whose field has one of the values',
      );
      assert.equal((await find(ground, values, 1)).length, 1, 'find must give at most recordsMax records');
      assert.deepEqual(await find(ground, [], RECORDS), [], 'find of no values must give no records');
    },
  },
  {
    name: 'find-nothing',
    title: 'find gives nothing for a value that no record has',
    check: async (ground) => {
      await seedOne(ground);
      const value = must(ground.fields.sample(RECORDS).get(ground.fields.key), 'samples have a key');
      assert.deepEqual(
        await find(ground, [value], RECORDS),
        [],
        'find must not give records with other values',
      );
    },
  },
  {
    name: 'version-stable',
    title: 'an unchanged record keeps its version, whichever way it is read',
    unless: (card) => (card.version === 'none' ? 'the card says that the system has no versions' : null),
    check: async (ground) => {
      const id = await seedOne(ground);
      const { version } = await readOne(ground, id);
      assert.notEqual(version, null, 'the card promises a version, so the record must have one');
      assert.equal((await readOne(ground, id)).version, version, 'a second get must give the same version');
      const [record] = (await readAll(ground, ground.session, null)).flatMap(({ records }) => records);
      assert.equal(record?.version, version, 'readAll must give the same version as get');
      const key = must(ground.fields.sample(0).get(ground.fields.key), 'samples have a key');
      const [found] = await find(ground, [key], 1);
      assert.equal(found?.version, version, 'find must give the same version as get');
    },
  },
  {
    name: 'version-changes',
    title: 'every change gives a record a version it never had',
    unless: (card) => (card.version === 'none' ? 'the card says that the system has no versions' : null),
    check: async (ground) => {
      const id = await seedOne(ground);
      const seen = [(await readOne(ground, id)).version];
      for (const text of ['one', 'two', 'three']) {
        await ground.user.edit(id, textOf(ground, text));
        const { version } = await readOne(ground, id);
        assert.ok(
          !seen.includes(version),
          `after an edit the version must be new, but it is ${String(version)} again`,
        );
        seen.push(version);
      }
    },
  },
];

async function readAll(
  ground: Ground,
  session: Session,
  resume: Cursor | null,
): Promise<readonly SnapshotPage[]> {
  const pages: SnapshotPage[] = [];
  const { signal } = new AbortController();
  const { collection, fields } = ground;
  const request = {
    collection,
    fields: fields.names,
    resume,
    pageRecordsMax: PAGE_RECORDS_MAX,
    mayBeOld: true,
    signal,
  };
  for await (const page of session.readAll(request)) {
    assert.ok(
      page.records.length <= PAGE_RECORDS_MAX,
      'a page must not hold more than pageRecordsMax records',
    );
    pages.push(page);
  }
  return pages;
}

function assertComplete(pages: readonly SnapshotPage[]): void {
  assert.deepEqual(
    pages.map((page) => page.complete),
    pages.map((_, index) => index === pages.length - 1),
    'exactly the last page must be complete',
  );
  assert.deepEqual(
    pages.flatMap((page) => page.unreadable),
    [],
    'every sample record must be readable',
  );
}

function find(
  ground: Ground,
  values: Parameters<Session['find']>[2],
  recordsMax: number,
): ReturnType<Session['find']> {
  return ground.session.find(ground.collection, ground.fields.key, values, ground.fields.names, recordsMax);
}

function sorted(ids: readonly string[]): readonly string[] {
  return ids.toSorted();
}
