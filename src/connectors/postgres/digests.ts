/** Digests of a table's records, computed by the server: only sums of them travel. */
import type { BucketDigest, DigestRequest, DigestSpelling, RecordDigest } from '../../connector/contract.ts';
import { bucketSql, joinedDigestsSql, recordDigestSql, valueDigestSql } from '../../lib/digest-sql.ts';
import { columnsNamed, quoted, type Column, type Table } from './catalog.ts';
import { textIn, type Database } from './database.ts';

export async function bucketDigests(
  database: Database,
  table: Table,
  request: DigestRequest,
): Promise<readonly BucketDigest[] | null> {
  const sql = digestSqlOf(table, request);
  if (sql === null) return null;
  // The planner would take it that nearly every record has a bucket of its own, and sort them all; of a column of something that
  // it cannot look into it expects few values, and adds them up as they come.
  const text =
    `select bucket, count(*), sum(digest)::text ` +
    `from (select ${sql.bucket} as bucket, ${sql.digest} as digest from ${table.sqlName} t offset 0) as digested group by 1`;
  const rows = await database.query({ text, values: sql.seeds }, request.signal);
  return rows.map(([bucket, records, sum = null]) => ({
    bucket: Number(bucket),
    records: Number(records),
    sum: textIn(sum),
  }));
}

export async function recordDigests(
  database: Database,
  table: Table,
  request: DigestRequest,
  buckets: readonly number[],
  recordsMax: number,
): Promise<readonly RecordDigest[] | null> {
  const sql = digestSqlOf(table, request);
  if (sql === null) return null;
  const text =
    `select ${sql.id}, ${sql.digest}::text from ${table.sqlName} t ` +
    `where ${sql.bucket} = any ('{${buckets.join(',')}}'::int[]) limit ${String(recordsMax)}`;
  const rows = await database.query({ text, values: sql.seeds }, request.signal);
  return rows.map(([id, digest]) => ({ id: textIn(id), digest: textIn(digest) }));
}

interface DigestSql {
  readonly id: string;
  readonly bucket: string;
  readonly digest: string;
  readonly seeds: readonly string[];
}

function digestSqlOf(table: Table, request: DigestRequest): DigestSql | null {
  const { fields, bucketSeed, bucketCount } = request;
  const columns = columnsNamed(
    table,
    fields.map(({ native }) => native),
  );
  const digests: string[] = [];
  for (const [index, column] of columns.entries()) {
    const text = spelled(column, fields[index]?.spelling ?? 'text');
    if (text === null) return null;
    digests.push(valueDigestSql(text, seedAt(index), seedAt(index)));
  }
  const id = idSql(table.key);
  if (id === null) return null;
  return {
    id,
    bucket: bucketSql(id, seedAt(fields.length), bucketCount),
    digest: recordDigestSql(id, joinedDigestsSql(digests)),
    seeds: [...fields.map(({ seed }) => seed), bucketSeed],
  };
}

function seedAt(index: number): string {
  return `$${String(index + 1)}::bigint`;
}

/** The record's id as `idOf` spells it; an instant's text would depend on the session's zone. */
function idSql(key: readonly Column[]): string | null {
  if (key.some(({ type }) => type.base === 'timestamptz')) return null;
  const parts = key.map(({ name }) => `t.${quoted(name)}::text`);
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  return `'[' || ${parts.map((part) => `to_json(${part})::text`).join(` || ',' || `)} || ']'`;
}

/** Types whose cast to text is the text that reading gives; bpchar is not among them, because the cast cuts its blanks. */
const TEXTS = new Set([
  'text',
  'varchar',
  'citext',
  'uuid',
  'date',
  'time',
  'bool',
  'int2',
  'int4',
  'int8',
  'numeric',
]);
const NUMBERS = new Set(['int2', 'int4', 'int8', 'text', 'varchar']);

function spelled({ name, type }: Column, spelling: DigestSpelling): string | null {
  const column = `t.${quoted(name)}`;
  if (type.element !== null) return null;
  switch (spelling) {
    case 'text':
      return TEXTS.has(type.base) || type.options !== null ? `${column}::text` : null;
    case 'decimal':
      // Text that is spelled as the number is kept reads as that number.
      if (type.base === 'numeric') return `trim_scale(${column})::text`;
      return NUMBERS.has(type.base) ? `${column}::text` : null;
    case 'boolean':
      return type.base === 'bool' ? `${column}::text` : null;
    case 'instant':
      return type.base === 'timestamptz' ? instantSql(column) : null;
  }
}

/** Beyond year 9999 and before year 1 the pattern would lose a digit or the era: such moments digest like nothing golden. */
function instantSql(column: string): string {
  const text = `to_char(date_trunc('milliseconds', ${column}) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  return `case when ${column} >= '0001-01-01 00:00:00+00' and ${column} < '10000-01-01 00:00:00+00' then ${text} else ${column}::text end`;
}
