/** Digests of what records should hold by the golden values, computed in the store as a side computes its own. */
import pg from 'pg';

import { bucketSql, joinedDigestsSql, recordDigestSql, valueDigestSql } from '../lib/digest-sql.ts';
import type { Tx } from './database.ts';

/** A side, and the golden fields that its records are compared by, each with the seed that the side is given for it. */
export interface DigestedSide {
  readonly side: string;
  readonly fields: readonly { readonly field: string; readonly seed: string }[];
}

export interface DigestBuckets {
  readonly seed: string;
  /** A power of two. */
  readonly count: number;
}

/** The live records of one side in one bucket. */
export interface ExpectedBucket {
  readonly side: string;
  readonly bucket: number;
  readonly records: number;
  readonly sum: string;
}

/** U+0000 in a text: json keeps it, and no text of PostgreSQL can hold it. */
const UNTRANSLATABLE_CHARACTER = '22P05';

/**
 * Enough memory for the hashes of millions of identities without spilling to disk; and a scan that is shared out, as unpacking is
 * far dearer than the planner takes it for.
 */
const FOR_A_SCAN = `select set_config('work_mem', '96MB', true), set_config('parallel_setup_cost', '0', true),
  set_config('parallel_tuple_cost', '0', true)`;

/** One scan for all sides, each identity unpacked once; null where a golden value holds what no text can. */
export async function expectedBuckets(
  tx: Tx,
  syncKey: string,
  sides: readonly DigestedSide[],
  { seed, count }: DigestBuckets,
): Promise<readonly ExpectedBucket[] | null> {
  const { values, parameter } = parametersAfter(syncKey, seed);
  // Sides that are compared by the same fields share one hash.
  const expressions = sides.map((side) => goldenSql(side, parameter));
  const distinct = [...new Set(expressions)];
  const hashes = distinct.map((expression, index) => `${expression} as hash${String(index)}`);
  const ofSide = sides.map(
    ({ side }, index) =>
      `when ${parameter(side)}::text then hash${String(distinct.indexOf(expressions[index] ?? ''))}`,
  );
  const names = sides.map(({ side }) => `${parameter(side)}::text`);
  await tx.execute(FOR_A_SCAN);
  const asking = tx.query<{ side: string; bucket: number; records: number; sum: string }>(
    `select links.side, ${bucketSql('links.record_id', '$2::bigint', count)} as bucket, count(*)::int as records,
            sum(${recordDigestSql('links.record_id', `case links.side ${ofSide.join(' ')} end`)})::text as sum
       from links
       join (select identity_id, ${hashes.join(', ')}
               from identities, ${unpackedSql(sides)} where sync_key = $1 offset 0) as hashed
         on hashed.identity_id = links.identity_id
      where links.sync_key = $1 and links.side in (${names.join(', ')}) and links.status = 'live'
      group by 1, 2`,
    values,
  );
  return asking.catch((error: unknown) => {
    if (error instanceof pg.DatabaseError && error.code === UNTRANSLATABLE_CHARACTER) return null;
    throw error;
  });
}

/** The live records of a side that fall into some buckets, at most `recordsMax`. */
export async function expectedRecords(
  tx: Tx,
  syncKey: string,
  side: DigestedSide,
  { seed, count }: DigestBuckets,
  buckets: readonly number[],
  recordsMax: number,
): Promise<readonly { readonly id: string; readonly digest: string }[]> {
  const { values, parameter } = parametersAfter(syncKey, seed, side.side, buckets, recordsMax);
  return tx.query<{ id: string; digest: string }>(
    `with chosen as materialized (
       select record_id, identity_id from links
        where sync_key = $1 and side = $3 and status = 'live'
          and ${bucketSql('record_id', '$2::bigint', count)} = any($4::int[]) limit $5)
     select record_id as id, ${recordDigestSql('record_id', goldenSql(side, parameter))}::text as digest
       from (select chosen.record_id, identities.golden
               from chosen join identities on identities.sync_key = $1 and identities.identity_id = chosen.identity_id
              where identities.identity_id = any(array(select identity_id from chosen)) offset 0) as due, ${unpackedSql([side])}`,
    values,
  );
}

/** Known at the side, and neither live nor gone: hidden, parked, left out or unreadable; in the order of their ids. */
export async function knownBesideLive(
  tx: Tx,
  syncKey: string,
  side: string,
  after: string | null,
  countMax: number,
): Promise<readonly string[]> {
  const rows = await tx.query<{ record_id: string }>(
    `select record_id from links
      where sync_key = $1 and side = $2 and status in ('hidden', 'returned', 'parked', 'excluded', 'unreadable')
        and ($3::text is null or record_id > $3)
      order by record_id limit $4`,
    [syncKey, side, after, countMax],
  );
  return rows.map((row) => row.record_id);
}

interface Parameters {
  readonly values: unknown[];
  /** The place of a text among the parameters; equal texts share one. */
  readonly parameter: (text: string) => string;
}

function parametersAfter(...first: readonly unknown[]): Parameters {
  const values = [...first];
  const places = new Map<string, string>();
  const parameter = (text: string): string => {
    const place = places.get(text) ?? `$${String(values.push(text))}`;
    places.set(text, place);
    return place;
  };
  return { values, parameter };
}

/** Emptied on purpose digests to the seed, as an empty column does; never said to anything else. */
function goldenSql({ fields }: DigestedSide, parameter: Parameters['parameter']): string {
  return joinedDigestsSql(
    fields.map(({ field, seed }) => {
      const [name, key] = [`${parameter(field)}::text`, `${parameter(seed)}::bigint`];
      return valueDigestSql(
        `unpacked.${pg.escapeIdentifier(field)}`,
        key,
        `case when golden -> ${name} is not null then ${key} else ~${key} end`,
      );
    }),
  );
}

/** The golden values as columns, from one pass over the JSON: a third cheaper than making jsonb of it and asking for each. */
function unpackedSql(sides: readonly DigestedSide[]): string {
  const names = new Set(sides.flatMap(({ fields }) => fields.map(({ field }) => field)));
  const columns = [...names].map((name) => `${pg.escapeIdentifier(name)} text`);
  if (columns.length === 0) return '(select) as unpacked';
  return `json_to_record(golden) as unpacked(${columns.join(', ')})`;
}
