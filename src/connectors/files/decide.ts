/** What a batch of writes means for a file: one answer per request, and the edits to make. Touches nothing. */
import { hash } from 'node:crypto';

import type { WriteRequest, WriteResult } from '../../connector/contract.ts';
import type { Failure } from '../../connector/failure.ts';
import type { NativeValue } from '../../engine/value.ts';
import { must, unreachable } from '../../lib/assert.ts';
import { sameNative } from './exact-json.ts';
import { failureOf } from './failures.ts';
import { unknownColumn } from './header.ts';
import { duplicateFailure, idOf, unreadableRows, versionOf, type Survey } from './records.ts';
import type { Edit, Fields, ReadableRow, Table } from './table.ts';

export interface Decision {
  readonly results: readonly WriteResult[];
  readonly edits: readonly Edit[];
}

/** A record while the batch is worked through: its row in the file, and what it holds by now (null: deleted). */
interface Draft {
  readonly row: ReadableRow | null;
  fields: Fields | null;
  changed: boolean;
}

interface Batch {
  readonly table: Table;
  readonly survey: Survey;
  readonly idColumn: string;
  readonly drafts: Map<string, Draft>;
  readonly nextNumber: (() => string | number) | null;
}

type Outcome = { readonly id: string; readonly fields: Fields | null } | { readonly failure: Failure };

/** The survey must hold the rows of the records that the requests name; they take effect one after the other. */
export function decideWrites(
  table: Table,
  survey: Survey,
  idColumn: string,
  requests: readonly WriteRequest[],
): Decision {
  const drafts = new Map(
    [...survey.wanted].map(([id, row]): [string, Draft] => [id, { row, fields: row.fields, changed: false }]),
  );
  const batch: Batch = {
    table,
    survey,
    idColumn,
    drafts,
    nextNumber: numberSource(survey, idColumn, drafts),
  };
  const results = requests.map((request) => resultOf(request, decide(batch, request)));
  return { results, edits: [...drafts.values()].flatMap(editsOf) };
}

function resultOf(request: WriteRequest, outcome: Outcome): WriteResult {
  if ('failure' in outcome) return { kind: 'failed', key: request.key, failure: outcome.failure };
  const { id, fields } = outcome;
  if (fields === null) return { kind: 'written', key: request.key, recordId: id, version: null };
  return { kind: 'written', key: request.key, recordId: id, version: versionOf(fields), fields };
}

function decide(batch: Batch, request: WriteRequest): Outcome {
  switch (request.kind) {
    case 'create':
      return create(batch, request);
    case 'update':
      return onExisting(batch, request, (id, draft, before) => update(batch, request, id, draft, before));
    case 'delete':
      return onExisting(batch, request, (id, draft) => {
        draft.fields = null;
        draft.changed = true;
        return { id, fields: null };
      });
    default:
      return unreachable(request.kind);
  }
}

function create(batch: Batch, request: WriteRequest): Outcome {
  const { table, survey, idColumn, drafts } = batch;
  const settled = settleFields(batch, request.fields);
  if ('failure' in settled) return settled;
  const given = idOf(settled.fields, idColumn);
  const made = given ?? makeId(batch, request.key);
  const id = String(made);
  const existing = drafts.get(id);
  // The id comes from the write's key: the record is there because an earlier try of this write made it.
  const isSecondTry = given === null && batch.nextNumber === null;
  if (isSecondTry && existing !== undefined && existing.fields !== null)
    return { id, fields: existing.fields };
  if (existing === undefined ? survey.lineOf.has(id) : existing.fields !== null) {
    return { failure: idTaken(table.file, idColumn) };
  }
  const fields = new Map<string, NativeValue>();
  for (const column of table.header ?? []) fields.set(column, null);
  fields.set(idColumn, null);
  for (const [name, value] of settled.fields) fields.set(name, value);
  if (given === null) fields.set(idColumn, made);
  // A record that was deleted earlier in the batch keeps its row.
  drafts.set(id, { row: existing?.row ?? null, fields, changed: true });
  return { id, fields };
}

function makeId(batch: Batch, key: string): string | number {
  return batch.nextNumber === null ? generatedId(key) : batch.nextNumber();
}

function onExisting(
  batch: Batch,
  request: WriteRequest,
  change: (id: string, draft: Draft, before: Fields) => Outcome,
): Outcome {
  const id = must(request.recordId, 'an update or delete names its record');
  const duplicate = duplicateFailure(batch.survey, id, batch.idColumn);
  if (duplicate !== null) return { failure: duplicate };
  const draft = batch.drafts.get(id);
  if (draft === undefined || draft.fields === null) return { failure: notThere(batch, draft !== undefined) };
  if (request.ifVersion !== null && request.ifVersion !== versionOf(draft.fields)) {
    return {
      failure: failureOf('precondition', 'changed', 'the row was changed in the file since it was read'),
    };
  }
  return change(id, draft, draft.fields);
}

function update(batch: Batch, request: WriteRequest, id: string, draft: Draft, before: Fields): Outcome {
  const settled = settleFields(batch, request.fields);
  if ('failure' in settled) return settled;
  if (settled.fields.has(batch.idColumn) && idOf(settled.fields, batch.idColumn) !== id) {
    const advice = 'Delete the record and create it again under its new id.';
    const reason = `${batch.idColumn} identifies the record and cannot be changed`;
    return { failure: failureOf('invalid', 'id_fixed', reason, { field: batch.idColumn, advice }) };
  }
  const changes = [...settled.fields].filter(
    ([name, value]) => name !== batch.idColumn && !sameNative(before.get(name), value),
  );
  if (changes.length === 0) return { id, fields: before };
  const fields = new Map([...before, ...changes]);
  draft.fields = fields;
  draft.changed = true;
  return { id, fields };
}

function settleFields(
  batch: Batch,
  wanted: Fields,
): { readonly fields: Fields } | { readonly failure: Failure } {
  const { table, survey } = batch;
  const fields = new Map<string, NativeValue>();
  for (const [column, value] of wanted) {
    // A JSONL file without records has no columns yet: its first record brings them.
    const isColumn = survey.columns.includes(column) || (table.header === null && survey.lastRow === null);
    if (!isColumn) return { failure: unknownColumn(table.file, survey.columns, column).failure };
    const settled = table.settle(column, value, survey);
    if (settled.kind === 'refused') return { failure: settled.failure };
    fields.set(column, settled.value);
  }
  return { fields };
}

function editsOf(draft: Draft): readonly Edit[] {
  const { row, fields } = draft;
  if (!draft.changed) return [];
  if (row === null) return fields === null ? [] : [{ kind: 'append', fields }];
  return fields === null ? [{ kind: 'remove', row }] : [{ kind: 'replace', row, fields }];
}

/** The next whole numbers, where all ids of the file are such; otherwise null. */
function numberSource(
  survey: Survey,
  idColumn: string,
  drafts: ReadonlyMap<string, Draft>,
): (() => string | number) | null {
  const ids = [...survey.lineOf.keys()];
  if (!ids.every((id) => /^(?:0|[1-9]\d{0,17})$/.test(id))) return null;
  let last = ids.reduce((highest, id) => (BigInt(id) > highest ? BigInt(id) : highest), 0n);
  const isNumber = typeof survey.lastRow?.fields.get(idColumn) === 'number';
  return () => {
    do last += 1n;
    while (drafts.has(String(last)));
    return isNumber && last <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(last) : String(last);
  };
}

/**
 * An id for a record that comes without one, in a file whose ids are not all numbers. Derived from the write's key, so
 * that a second try of the same write finds the record of the first.
 */
export function generatedId(key: string): string {
  return `r-${hash('sha256', key, 'hex').slice(0, 16)}`;
}

function notThere(batch: Batch, isDeletedHere: boolean): Failure {
  const { survey, table } = batch;
  if (!isDeletedHere && survey.unknownLines.size > 0)
    return unreadableRows(table.file, survey.unknownLines.size);
  return failureOf('precondition', 'gone', `the record is no longer in ${table.file}`);
}

function idTaken(file: string, idColumn: string): Failure {
  return failureOf('invalid', 'duplicate_id', `${file} already has a record with this ${idColumn}`, {
    field: idColumn,
    advice: 'Link the existing record instead, or choose another id.',
  });
}
