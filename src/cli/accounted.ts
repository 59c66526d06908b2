/** Every live record of a sync with what is accounted for, a page at a time and each page as of its own moment. */
import type { Installation } from '../server.ts';
import { accountedPage, type AccountedRecord } from '../store/accounted.ts';
import type { SyncRow } from '../store/control.ts';

const PAGE_RECORDS_MAX = 5_000;

export async function* accountedPages(
  installation: Installation,
  { syncKey }: SyncRow,
  signal: AbortSignal,
): AsyncGenerator<readonly AccountedRecord[]> {
  let after: AccountedRecord | null = null;
  do {
    signal.throwIfAborted();
    const place: AccountedRecord | null = after;
    const page: readonly AccountedRecord[] = await installation.transaction((tx) =>
      accountedPage(tx, syncKey, place, PAGE_RECORDS_MAX),
    );
    if (page.length > 0) yield page;
    after = page.length < PAGE_RECORDS_MAX ? null : (page.at(-1) ?? null);
  } while (after !== null);
}
