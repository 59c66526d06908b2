import type { ConnectorContext, Lookup, Session, SystemRecord } from '../../connector/contract.ts';
import type { NativeValue } from '../../engine/value.ts';
import { must } from '../../lib/assert.ts';
import { readChanges } from './changes.ts';
import { describeFiles } from './describe.ts';
import { refuseUnknownFields } from './header.ts';
import { readPages } from './pages.ts';
import { createReader, type Reader } from './reader.ts';
import { duplicateFailure, isMendedPlace, readRow, recordOf, unreadableRows } from './records.ts';
import type { FilesSettings } from './settings.ts';
import { writeFileRecords } from './write.ts';

export function createSession(settings: FilesSettings, context: ConnectorContext): Session {
  const reader = createReader(settings, context);
  return {
    describe: (collections) => describeFiles(reader, collections),
    async *readAll(request) {
      const file = await reader.open(request.collection);
      for await (const page of readPages(reader, file, request)) yield { ...page, resume: null };
    },
    readChanges: (request) => readChanges(reader, context, request),
    get: (collection, ids, fields) => getRecords(reader, collection, ids, fields),
    find: (collection, field, values, fields, recordsMax) =>
      findRecords(reader, { collection, field, values, fields, recordsMax }),
    write: (collection, requests) => writeFileRecords(reader, context, collection, requests),
    close: () => Promise.resolve(),
  };
}

async function getRecords(
  reader: Reader,
  collection: string,
  ids: readonly string[],
  fields: readonly string[],
): Promise<readonly Lookup[]> {
  const { idColumn } = reader.settings;
  const file = await reader.open(collection);
  const survey = must(await reader.survey(file, new Set(ids)), 'a lookup is never aborted');
  refuseUnknownFields(file.table, fields);
  return ids.map((id): Lookup => {
    const row = survey.wanted.get(id);
    if (row !== undefined) return { kind: 'found', record: recordOf(id, row, fields) };
    const unknown = isMendedPlace(id, survey) ? 0 : survey.unknownLines.size;
    const failure =
      duplicateFailure(survey, id, idColumn) ?? (unknown > 0 ? unreadableRows(collection, unknown) : null);
    return failure === null ? { kind: 'absent', id } : { kind: 'failed', id, failure };
  });
}

interface FindRequest {
  readonly collection: string;
  readonly field: string;
  readonly values: readonly NativeValue[];
  readonly fields: readonly string[];
  readonly recordsMax: number;
}

async function findRecords(reader: Reader, request: FindRequest): Promise<readonly SystemRecord[]> {
  const file = await reader.open(request.collection);
  const survey = must(await reader.survey(file, new Set()), 'a search is never aborted');
  refuseUnknownFields(file.table, [request.field, ...request.fields]);
  // Text and number are the same here: which of them a cell is, is an accident of the file.
  const wanted = new Set(request.values.map(searchText));
  const found: SystemRecord[] = [];
  for (const rows of file.table.rows()) {
    for (const row of rows) {
      const reading = readRow(row, survey, reader.settings.idColumn);
      if (reading.kind !== 'record') continue;
      const value = reading.row.fields.get(request.field) ?? null;
      if (value !== null && wanted.has(searchText(value)))
        found.push(recordOf(reading.id, reading.row, request.fields));
      if (found.length >= request.recordsMax) return found;
    }
    await reader.breathe();
  }
  return found;
}

function searchText(value: NativeValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
