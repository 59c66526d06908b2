/** Digests of records in memory, with what may be wrong about them. */
import { createHash } from 'node:crypto';

import type { DigestRequest, Digests, RecordDigest } from '../../src/connector/contract.ts';
import type { NativeValue } from '../../src/engine/value.ts';

type Records = ReadonlyMap<string, { readonly fields: ReadonlyMap<string, NativeValue> }>;

/** `forgets`: a field whose values no digest depends on. `drops`: records that no sum has. `unseeded`: the seeds count for nothing. */
export type DigestFault = 'forgets' | 'drops' | 'unseeded' | null;

export function memoryDigests(records: Records, fault: DigestFault): Digests {
  const digested = (request: DigestRequest): readonly (RecordDigest & { readonly bucket: number })[] =>
    [...records].map(([id, { fields }]) => {
      const values = request.fields.map(({ native, seed }) => {
        const value = fault === 'forgets' && native === 'text' ? null : (fields.get(native) ?? null);
        return [fault === 'unseeded' ? '' : seed, value];
      });
      const bucket = Number(hashOf([request.bucketSeed, id]) & BigInt(request.bucketCount - 1));
      return { id, digest: String(hashOf([id, values])), bucket };
    });
  return {
    buckets: (request) => {
      const sums = new Map<number, { records: number; sum: bigint }>();
      for (const { bucket, digest } of digested(request).slice(fault === 'drops' ? 1 : 0)) {
        const before = sums.get(bucket) ?? { records: 0, sum: 0n };
        sums.set(bucket, { records: before.records + 1, sum: before.sum + BigInt(digest) });
      }
      const told = [...sums].map(([bucket, { records: count, sum }]) => ({
        bucket,
        records: count,
        sum: String(sum),
      }));
      return Promise.resolve(told);
    },
    records: (request, buckets, recordsMax) =>
      Promise.resolve(
        digested(request)
          .filter(({ bucket }) => buckets.includes(bucket))
          .slice(0, recordsMax)
          .map(({ id, digest }) => ({ id, digest })),
      ),
  };
}

function hashOf(value: unknown): bigint {
  return createHash('sha256').update(JSON.stringify(value)).digest().readBigInt64BE();
}
