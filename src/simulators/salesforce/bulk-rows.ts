/** The rows of an ingest job: each becomes a write of its own, 200 to a transaction. */
import { inputOf } from './bulk-csv.ts';
import type { IngestJob, RowOutcome } from './bulk-job.ts';
import { malformedId, SalesforceError } from './failure.ts';
import { parseId } from './ids.ts';
import type { Input } from './input.ts';
import type { Org } from './org.ts';
import type { WriteContext, Transaction } from './transaction.ts';
import { upsertOne } from './upsert.ts';
import { Viewer } from './viewer.ts';
import type { Writer } from './writer.ts';

const CHUNK_ROWS = 200;

/** The first column of the upload that the object does not have, or null. */
export function unknownColumn(org: Org, job: IngestJob, header: readonly string[]): string | null {
  const viewer = new Viewer(org, job.actor);
  const isKnown = (name: string): boolean => {
    const [relationship = '', key] = name.split('.');
    if (key === undefined) return viewer.field(job.object, name) !== null;
    return job.object.fields.some(
      ({ relationshipName }) => relationshipName?.toLowerCase() === relationship.toLowerCase(),
    );
  };
  return header.find((name) => !isKnown(name)) ?? null;
}

export function runBatch(
  org: Org,
  job: IngestJob,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): readonly RowOutcome[] {
  const outcomes: RowOutcome[] = [];
  for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
    outcomes.push(...runChunk(org, job, header, rows.slice(start, start + CHUNK_ROWS)));
  }
  return outcomes;
}

function runChunk(
  org: Org,
  job: IngestJob,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): readonly RowOutcome[] {
  const context: WriteContext = {
    actor: job.actor,
    cause: { kind: 'bulk', jobId: job.id, client: job.client },
    allowDuplicates: false,
    atMs: org.clock.nowMs(),
  };
  const inputs = rows.map((row) => inputOf(header, row));
  const keys = inputs.map((input) => keyOf(job, input));
  return org.transact(context, (transaction, writer) =>
    inputs.map((input, index): RowOutcome => {
      const cells = rows[index] ?? [];
      const count = transaction.changes().length;
      try {
        const key = keys[index] ?? null;
        if (key !== null && keys.indexOf(key) !== keys.lastIndexOf(key)) throw twice(job, input);
        return { kind: 'saved', cells, ...runRow(org, job, input, transaction, writer) };
      } catch (error) {
        if (!(error instanceof SalesforceError)) throw error;
        transaction.rollBackTo(count);
        return { kind: 'failed', cells, id: parseId(input['Id']) ?? '', error: errorCell(error) };
      }
    }),
  );
}

function runRow(
  org: Org,
  job: IngestJob,
  { Id: id, ...input }: Input,
  transaction: Transaction,
  writer: Writer,
): { readonly id: string; readonly created: boolean } {
  switch (job.operation) {
    case 'insert':
      return {
        id: writer.create(transaction, job.object, id === undefined ? input : { Id: id, ...input }),
        created: true,
      };
    case 'update': {
      const target = targetOf(id);
      writer.update(transaction, target, input);
      return { id: target, created: false };
    }
    case 'upsert': {
      if (job.key === null)
        throw new SalesforceError('MISSING_ARGUMENT', 'externalIdFieldName not specified');
      const row = job.key.name === 'Id' ? { ...input, Id: id } : input;
      const saved = upsertOne(org, transaction, writer, job.object, job.key, row);
      return { id: saved.id, created: saved.created ?? false };
    }
    case 'delete':
    case 'hardDelete': {
      const target = targetOf(id);
      writer.delete(transaction, target);
      if (job.operation === 'hardDelete') writer.purge(transaction, target);
      return { id: target, created: false };
    }
  }
}

/** What two rows of one chunk must not share: the key of an upsert. Null where there is none. */
function keyOf(job: IngestJob, input: Input): string | null {
  if (job.operation !== 'upsert' || job.key === null) return null;
  const key = input[job.key.name];
  return typeof key === 'string' ? key.toLowerCase() : null;
}

function twice(job: IngestJob, input: Input): SalesforceError {
  const name = job.key?.name ?? '';
  const message = `Duplicate external id specified: ${String(input[name])}`;
  return new SalesforceError('DUPLICATE_VALUE', message, { fields: [name] });
}

function targetOf(id: unknown): string {
  if (id === undefined || id === null)
    throw new SalesforceError('MISSING_ARGUMENT', 'Id not specified in an update call');
  const target = parseId(id);
  if (target === null) throw malformedId('Record ID', typeof id === 'string' ? id : '', ['Id']);
  return target;
}

function errorCell({ code, message, fields }: SalesforceError): string {
  return `${code}:${message}:${fields.length === 0 ? '' : `${fields.join(' ')} `}--`;
}
