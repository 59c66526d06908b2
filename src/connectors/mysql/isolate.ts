import { isAboutOneRecord } from './failures.ts';

/**
 * Runs one statement over many rows. When a row's own values make it fail, both halves are tried again, down to the row
 * at fault: InnoDB undoes a failed statement and keeps the transaction, so the others are still written.
 */
export async function isolate<T>(
  rows: readonly T[],
  run: (rows: readonly T[]) => Promise<void>,
  refuse: (row: T, error: unknown) => void,
): Promise<void> {
  try {
    await run(rows);
  } catch (error) {
    if (!isAboutOneRecord(error)) throw error;
    const [only] = rows;
    if (rows.length === 1 && only !== undefined) {
      refuse(only, error);
      return;
    }
    const middle = Math.ceil(rows.length / 2);
    await isolate(rows.slice(0, middle), run, refuse);
    await isolate(rows.slice(middle), run, refuse);
  }
}
