import type { ConnectorContext, WriteRequest, WriteResult } from '../../connector/contract.ts';
import { must } from '../../lib/assert.ts';
import { decideWrites, generatedId, type Decision } from './decide.ts';
import { refuse } from './failures.ts';
import { acquireLock } from './lock.ts';
import type { OpenFile, Reader } from './reader.ts';
import { refuseWhileOpen, replaceFile } from './replace.ts';

const TRIES_MAX = 5;

/**
 * Reads, decides, replaces; begins again when somebody saved the file in between. An exception means that the file is
 * as it was: the one step that changes it is the last, and either happens or does not.
 */
export async function writeFileRecords(
  reader: Reader,
  context: ConnectorContext,
  collection: string,
  requests: readonly WriteRequest[],
): Promise<readonly WriteResult[]> {
  const path = await reader.locate(collection);
  for (let tried = 0; tried < TRIES_MAX; tried += 1) {
    const lock = await acquireLock(path, context);
    try {
      await refuseWhileOpen(path, collection);
      const file = await reader.open(collection);
      const { results, pieces } = await prepare(reader, file, requests);
      if (pieces === null || (await replaceFile(path, collection, file.content, pieces, lock)))
        return results;
    } finally {
      await lock.release();
    }
  }
  throw refuse(
    'transient',
    'changing',
    `${collection} was saved by somebody else each time we were about to write it`,
    {
      advice: `Find out what keeps saving ${collection}, or have it pause.`,
    },
  );
}

interface Prepared {
  readonly results: Decision['results'];
  /** The new file; null when it would equal the old one. */
  readonly pieces: readonly Uint8Array[] | null;
}

async function prepare(reader: Reader, file: OpenFile, requests: readonly WriteRequest[]): Promise<Prepared> {
  const named = new Set(requests.map((request) => request.recordId ?? generatedId(request.key)));
  const survey = must(await reader.survey(file, named), 'a write is never aborted');
  const { results, edits } = decideWrites(file.table, survey, reader.settings.idColumn, requests);
  if (edits.length === 0) return { results, pieces: null };
  return { results, pieces: await file.table.render(edits, survey) };
}
