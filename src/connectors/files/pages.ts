import type { SystemRecord, UnreadableRecord } from '../../connector/contract.ts';
import { refuseUnknownFields } from './header.ts';
import type { OpenFile, Reader } from './reader.ts';
import { readRow, recordOf } from './records.ts';

export interface Page {
  readonly records: readonly SystemRecord[];
  readonly unreadable: readonly UnreadableRecord[];
  readonly complete: boolean;
}

interface PageRequest {
  readonly fields: readonly string[];
  readonly pageRecordsMax: number;
  readonly signal: AbortSignal;
}

/**
 * All records of one version of a file. The whole file is looked through before the first page: only then is it known
 * which ids stand on several rows, and whether the file has an end. Ends early, without `complete`, on an abort.
 */
export async function* readPages(reader: Reader, file: OpenFile, request: PageRequest): AsyncGenerator<Page> {
  refuseUnknownFields(file.table, request.fields);
  const survey = await reader.survey(file, new Set(), request.signal);
  if (survey === null) return;
  let records: SystemRecord[] = [];
  let unreadable: UnreadableRecord[] = [];
  for (const rows of file.table.rows()) {
    for (const row of rows) {
      const reading = readRow(row, survey, reader.settings.idColumn);
      if (reading.kind === 'record') records.push(recordOf(reading.id, reading.row, request.fields));
      else unreadable.push(reading.unreadable);
      if (records.length + unreadable.length < request.pageRecordsMax) continue;
      yield { records, unreadable, complete: false };
      records = [];
      unreadable = [];
      if (request.signal.aborted) return;
    }
    if (!(await reader.breathe(request.signal))) return;
  }
  yield { records, unreadable, complete: true };
}
