/** What is accounted for of all records, page by page: for reports that look at every value there is. */
import type { Values } from '../engine/value.ts';
import type { Tx } from './database.ts';

export interface AccountedRecord {
  readonly side: string;
  readonly recordId: string;
  readonly identityId: string;
  readonly accounted: Values;
  readonly golden: Values;
}

/** Live records after the given place, by side and id. Ends with a page that is shorter than asked for. */
export async function accountedPage(
  tx: Tx,
  syncKey: string,
  after: { readonly side: string; readonly recordId: string } | null,
  countMax: number,
): Promise<readonly AccountedRecord[]> {
  const rows = await tx.query<{
    side: string;
    record_id: string;
    identity_id: string;
    accounted: Values;
    golden: Values;
  }>(
    `select links.side, links.record_id, links.identity_id, links.accounted, identities.golden
       from links join identities on identities.sync_key = $1 and identities.identity_id = links.identity_id
      where links.sync_key = $1 and links.status = 'live' and (links.side, links.record_id) > ($2, $3)
      order by links.side, links.record_id limit $4`,
    [syncKey, after?.side ?? '', after?.recordId ?? '', countMax],
  );
  return rows.map((row) => ({
    side: row.side,
    recordId: row.record_id,
    identityId: row.identity_id,
    accounted: row.accounted,
    golden: row.golden,
  }));
}

const PAGE_RECORDS_MAX = 5_000;

/** Every live record of a sync, a page at a time and each page as of its own moment. */
export async function* accountedPages(
  transaction: <T>(action: (tx: Tx) => Promise<T>) => Promise<T>,
  syncKey: string,
  signal: AbortSignal,
): AsyncGenerator<readonly AccountedRecord[]> {
  let after: AccountedRecord | null = null;
  do {
    signal.throwIfAborted();
    const place: AccountedRecord | null = after;
    const page: readonly AccountedRecord[] = await transaction((tx) =>
      accountedPage(tx, syncKey, place, PAGE_RECORDS_MAX),
    );
    if (page.length > 0) yield page;
    after = page.length < PAGE_RECORDS_MAX ? null : (page.at(-1) ?? null);
  } while (after !== null);
}
