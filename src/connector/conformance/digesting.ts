import assert from 'node:assert/strict';

import { must } from '../../lib/assert.ts';
import type { DigestRequest, Digests, RecordDigest, Session } from '../contract.ts';
import { seed, textOf, type Ground, type Rule } from './rule.ts';

const RECORDS = 12;
const BUCKETS = 4;
const SEEDS = { key: '1203', text: '-77', bucket: '5' };

/** What holds of the digests that a system computes of its own records. */
export const DIGEST_RULES: readonly Rule[] = [
  {
    name: 'digests',
    title: 'digests tell every record once, and of an edit, a delete and a create exactly that record',
    unless: (_card, _fields, session) => withoutDigests(session),
    check: async (ground) => {
      const ids = await seed(ground, RECORDS);
      const before = await digestsOf(ground);
      assert.deepEqual([...before.keys()].toSorted(), [...ids].toSorted(), 'each record must be listed once');
      assert.deepEqual(await digestsOf(ground), before, 'the same records must digest alike');
      const [edited = '', deleted = ''] = ids;
      await ground.user.edit(edited, textOf(ground, 'another text'));
      await ground.user.delete(deleted);
      const [created = ''] = await ground.user.create([ground.fields.sample(RECORDS)]);
      const after = await digestsOf(ground);
      const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
        (id) => before.get(id) !== after.get(id),
      );
      const meant = [edited, deleted, created].toSorted();
      assert.deepEqual(changed.toSorted(), meant, 'the digests of just these records must differ');
      const other = await digestsOf(ground, { ...SEEDS, text: '78' });
      assert.ok(
        [...after].every(([id, digest]) => other.get(id) !== digest),
        'another seed must give other digests, so that nobody can prepare values that digest alike',
      );
    },
  },
];

function withoutDigests({ digests }: Session): string | null {
  return digests === undefined ? 'the system cannot digest its records' : null;
}

/** The digest of each record, by id; the sums of the buckets must be of just these. */
async function digestsOf(
  { session, collection, fields }: Ground,
  seeds: typeof SEEDS = SEEDS,
): Promise<ReadonlyMap<string, string>> {
  const digests = must(session.digests, 'the rule is only for systems with digests');
  const request: DigestRequest = {
    collection,
    fields: [
      { native: fields.key, spelling: 'text', seed: seeds.key },
      { native: fields.text, spelling: 'text', seed: seeds.text },
    ],
    bucketSeed: seeds.bucket,
    bucketCount: BUCKETS,
    signal: new AbortController().signal,
  };
  const records = await listed(digests, request);
  await assertSums(digests, request, records);
  return new Map([...records].flatMap(([, own]) => own.map(({ id, digest }) => [id, digest])));
}

/** All records, bucket by bucket. */
async function listed(
  digests: Digests,
  request: DigestRequest,
): Promise<ReadonlyMap<number, readonly RecordDigest[]>> {
  const records = new Map<number, readonly RecordDigest[]>();
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    const own = await digests.records(request, [bucket], 2 * RECORDS);
    assert.ok(own !== null, 'texts must have digests');
    records.set(bucket, own);
  }
  const count = [...records.values()].reduce((sum, own) => sum + own.length, 0);
  const few = await digests.records(request, [...records.keys()], 1);
  assert.equal(few?.length, Math.min(1, count), 'no more records must be listed than were asked for');
  return records;
}

async function assertSums(
  digests: Digests,
  request: DigestRequest,
  records: ReadonlyMap<number, readonly RecordDigest[]>,
): Promise<void> {
  const buckets = must(await digests.buckets(request), 'texts have digests');
  const told = new Map(buckets.map(({ bucket, records: count, sum }) => [bucket, { count, sum }]));
  assert.equal(told.size, buckets.length, 'each bucket must be told once');
  for (const [bucket, own] of records) {
    const sum = own.reduce((total, { digest }) => total + BigInt(digest), 0n);
    const expected = own.length === 0 ? undefined : { count: own.length, sum: String(sum) };
    assert.deepEqual(told.get(bucket), expected, 'a bucket must hold the sum of its records’ digests');
  }
}
