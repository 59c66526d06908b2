/**
 * The quick way through a side: the store and the system each digest all records where they lie, and only the records of
 * buckets whose sums differ are listed, and only those whose digests differ are read. What matches has been compared by
 * value; nothing that was remembered is trusted.
 */
import type { BucketDigest, DigestRequest, Digests, RecordDigest } from '../../connector/contract.ts';
import { ConnectorFailure } from '../../connector/failure.ts';
import { digestibleFields } from '../../engine/digestible.ts';
import { must } from '../../lib/assert.ts';
import type { Random } from '../../lib/random.ts';
import {
  expectedBuckets,
  expectedRecords,
  type DigestBuckets,
  type DigestedSide,
  type ExpectedBucket,
} from '../../store/digests.ts';
import type { SideRuntime } from '../../worker/runtime.ts';
import type { Reconciled } from './look.ts';
import { seedOf } from './seed.ts';

const BUCKETS = 16_384;
/** Where more have to be listed, reading the side page by page costs no more and remembers nothing. */
const LISTED_MAX = 200_000;

/** What the digests of a side say. */
export interface Comparison {
  /** Records that the side has. */
  readonly seen: number;
  /** Records of the side that do not hold exactly what is golden, or are not known to be live. All others do. */
  readonly differing: readonly string[];
  /** Known to be live, and not met. */
  readonly unmet: readonly string[];
}

/** For every side that can be compared so; the others, and those where too much differs, are left out. */
export async function compareByDigests(
  sync: Reconciled,
  sides: readonly SideRuntime[],
  random: Random,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Comparison>> {
  const buckets = { seed: seedOf(random), count: BUCKETS };
  const seeds = new Map([...sync.model.fields.keys()].map((name) => [name, seedOf(random)]));
  const asked = sides.flatMap((side) => askedOf(side, buckets, seeds, signal) ?? []);
  if (asked.length === 0) return new Map();
  const expected = sync.transaction((tx) =>
    expectedBuckets(
      tx,
      sync.syncKey,
      asked.map((one) => one.expected),
      buckets,
    ),
  );
  const compared = await Promise.all(
    asked.map(async (one) => [one.name, await compare(sync, one, buckets, expected)] as const),
  );
  return new Map(compared.flatMap(([name, result]) => (result === null ? [] : [[name, result] as const])));
}

interface Asked {
  readonly name: string;
  readonly digests: Digests;
  readonly request: DigestRequest;
  readonly expected: DigestedSide;
}

function askedOf(
  { model, session }: SideRuntime,
  buckets: DigestBuckets,
  seeds: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Asked | null {
  const { name, collection } = model;
  const { digests } = session;
  const fields = digestibleFields(model)?.map((one) => ({
    ...one,
    seed: must(seeds.get(one.field), 'a lens reads a field of its entity'),
  }));
  if (digests === undefined || fields === undefined) return null;
  const request = { collection, fields, bucketSeed: buckets.seed, bucketCount: buckets.count, signal };
  return { name, digests, request, expected: { side: name, fields } };
}

async function compare(
  sync: Reconciled,
  one: Asked,
  buckets: DigestBuckets,
  expecting: Promise<readonly ExpectedBucket[] | null>,
): Promise<Comparison | null> {
  const [shown, all] = await Promise.all([unlessRefused(() => one.digests.buckets(one.request)), expecting]);
  if (shown === null || all === null) return null;
  const expected = all.filter(({ side }) => side === one.name);
  const apart = differingBuckets(shown, expected);
  const isApart = ({ bucket }: { readonly bucket: number }): boolean => apart.has(bucket);
  const listed = count(shown.filter(isApart)) + count(expected.filter(isApart));
  if (listed > LISTED_MAX) return null;
  const seen = count(shown);
  if (apart.size === 0) return { seen, differing: [], unmet: [] };
  const numbers = [...apart];
  const [there, due] = await Promise.all([
    unlessRefused(() => one.digests.records(one.request, numbers, LISTED_MAX)),
    sync.transaction((tx) => expectedRecords(tx, sync.syncKey, one.expected, buckets, numbers, LISTED_MAX)),
  ]);
  if (there === null || there.length === LISTED_MAX || due.length === LISTED_MAX) return null;
  const matched = seen - count(shown.filter(isApart));
  return { seen: matched + there.length, ...told(there, due) };
}

/** The records that match are those of equal buckets, and of the others those whose digests are equal. */
function told(
  there: readonly RecordDigest[],
  due: readonly RecordDigest[],
): Pick<Comparison, 'differing' | 'unmet'> {
  const digestOf = new Map(due.map(({ id, digest }) => [id, digest]));
  const differing = there.filter(({ id, digest }) => digestOf.get(id) !== digest).map(({ id }) => id);
  const met = new Set(there.map(({ id }) => id));
  return { differing, unmet: due.map(({ id }) => id).filter((id) => !met.has(id)) };
}

function differingBuckets(
  shown: readonly BucketDigest[],
  expected: readonly BucketDigest[],
): ReadonlySet<number> {
  const left = new Map(expected.map((one) => [one.bucket, contentOf(one)]));
  const apart = new Set<number>();
  for (const one of shown) {
    if (left.get(one.bucket) !== contentOf(one)) apart.add(one.bucket);
    left.delete(one.bucket);
  }
  for (const bucket of left.keys()) apart.add(bucket);
  return apart;
}

function contentOf({ records, sum }: BucketDigest): string {
  return `${String(records)} ${sum}`;
}

function count(buckets: readonly BucketDigest[]): number {
  return buckets.reduce((sum, { records }) => sum + records, 0);
}

/** What the system will not digest it may still let us read: reading says what is wrong, if something is. */
async function unlessRefused<T>(ask: () => Promise<T | null>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ConnectorFailure) return null;
    throw error;
  }
}
