/**
 * One digest of a record, spelled in PostgreSQL's SQL: both the store and a side that is PostgreSQL can compute it where the
 * record lies, and compare sums of them instead of records. Seeded per comparison, so nobody can prepare two values that
 * digest alike. Servers that hash differently get differing digests, which costs time and hides nothing.
 */

/** The digest of one value: of its text, or `absent` where the text is null. All are SQL expressions, `seed` a bigint. */
export function valueDigestSql(text: string, seed: string, absent: string): string {
  // Without the collation "C" a case-insensitive column would hash two spellings alike.
  return `coalesce(hashtextextended((${text}) collate "C", ${seed}), ${absent})`;
}

/** The digest of a record's id together with its values': equal values at two ids digest differently. */
export function recordDigestSql(id: string, values: string): string {
  return `hashtextextended((${id}) collate "C", ${values})`;
}

/** All value digests in one number. Their seeds differ, so exchanging two values shows. */
export function joinedDigestsSql(digests: readonly string[]): string {
  return digests.length === 0 ? '0::bigint' : `(${digests.join(' # ')})`;
}

/** Which of `count` buckets, a power of two, an id falls into; from 0. */
export function bucketSql(id: string, seed: string, count: number): string {
  return `(hashtextextended((${id}) collate "C", ${seed}) & ${String(count - 1)})::int`;
}
