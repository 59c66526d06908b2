/**
 * Finding things by any value of their golden record, without an index of values: the things of a sync are walked in the order of
 * their ids, a bounded way at a time (docs/decisions/0038-values-are-found-by-walking.md).
 */
import type { Value, Values } from '../engine/value.ts';
import { hasSought, type Sought } from '../lib/sought.ts';
import type { Tx } from './database.ts';

export interface ValuesFound {
  readonly identityIds: readonly string[];
  /** The last thing that was looked at; null when none is left behind it. */
  readonly last: string | null;
}

/** So many things are walked by one call: some tens of milliseconds. */
const STEP = 20_000;
/** What the store takes for a hit and the exact look does not is only so much at a time. */
const ROWS_MAX = 500;

/** Things of the sync after one, in the order of their ids, whose values have what is sought; at most `countMax`. */
export async function searchValues(
  tx: Tx,
  syncKey: string,
  sought: Sought,
  after: string | null,
  countMax: number,
): Promise<ValuesFound> {
  const [end] = await tx.query<{ identity_id: string }>(
    `select identity_id from identities where sync_key = $1 and ($2::uuid is null or identity_id > $2)
      order by identity_id offset ${String(STEP - 1)} limit 1`,
    [syncKey, after],
  );
  const last = end?.identity_id ?? null;
  // In small letters of ASCII only: those of a whole language take several times as long, and the exact look knows them.
  const rows = await tx.query<{ identity_id: string; golden: Values }>(
    `select identity_id, golden from identities
      where sync_key = $1 and ($2::uuid is null or identity_id > $2) and ($3::uuid is null or identity_id <= $3)
        and lower(golden::text collate "C") like all ($4::text[])
        and ($5::text is null or translate(golden::text, ' -+()/.', '') like $5)
      order by identity_id limit $6`,
    [
      syncKey,
      after,
      last,
      patternsOf(sought),
      sought.kind === 'digits' ? `%${sought.digits}%` : null,
      ROWS_MAX,
    ],
  );
  const found = rows.filter(({ golden }) => hasSought(sought, textsOf(golden)));
  const shown = found.slice(0, countMax).map((row) => row.identity_id);
  if (found.length > countMax) return { identityIds: shown, last: shown.at(-1) ?? last };
  return { identityIds: shown, last: rows.length < ROWS_MAX ? last : (rows.at(-1)?.identity_id ?? last) };
}

/** What the stored text of a hit is like at least: JSON may spell other characters otherwise, and accents may be left out. */
function patternsOf(sought: Sought): readonly string[] {
  if (sought.kind === 'digits') return [`%${[...sought.digits].join('%')}%`];
  return sought.typed.map((word) => `%${word.replaceAll(/[^a-z0-9]+/g, '%')}%`);
}

function textsOf(values: Values): readonly string[] {
  return Object.values(values).flatMap((value: Value | undefined): readonly string[] => {
    if (typeof value === 'string') return [value];
    return typeof value === 'object' && value !== null ? value : [];
  });
}
