import { access, constants } from 'node:fs/promises';

import type { CapabilityCard, CollectionDescription } from '../../connector/contract.ts';
import { ConnectorFailure } from '../../connector/failure.ts';
import { must } from '../../lib/assert.ts';
import type { Reader } from './reader.ts';
import { listFiles } from './source.ts';

const CARD: Omit<CapabilityCard, 'can'> = {
  version: 'opaque',
  conditionalWrite: true,
  createIdentity: 'uniqueKey',
  readLagMs: 0,
  deletes: 'lookup',
  feed: 'cursor',
  executionMaxMs: 60_000,
  writeBatchMax: 5_000,
  getBatchMax: 5_000,
};

/** A file that was asked for by name must be readable; one that merely lies in the folder may say why it is not. */
export async function describeFiles(
  reader: Reader,
  collections: readonly string[] | undefined,
): Promise<readonly CollectionDescription[]> {
  const isWritable = await canWrite(reader.settings.directory);
  const card = { ...CARD, can: { create: isWritable, update: isWritable, delete: isWritable } };
  if (collections !== undefined)
    return Promise.all(collections.map((name) => describeFile(reader, name, card)));
  const described: CollectionDescription[] = [];
  for (const name of await listFiles(reader.settings.directory)) {
    try {
      described.push(await describeFile(reader, name, card));
    } catch (error) {
      if (!(error instanceof ConnectorFailure)) throw error;
      const title = `${name} (not usable: ${error.failure.message})`;
      described.push({ name, title, fields: [], card: { ...card, can: NOTHING }, recordsEstimate: null });
    }
  }
  return described;
}

const NOTHING = { create: false, update: false, delete: false };

async function describeFile(
  reader: Reader,
  name: string,
  card: CapabilityCard,
): Promise<CollectionDescription> {
  const { idColumn } = reader.settings;
  const file = await reader.open(name);
  const survey = must(await reader.survey(file, new Set()), 'a description is never aborted');
  const fields = survey.columns.map((column) => ({
    name: column,
    type: survey.types.get(column) ?? { kind: 'text' as const },
    required: false,
    readOnly: false,
    unique: column === idColumn,
  }));
  const description = { name, fields, card, recordsEstimate: survey.lineOf.size };
  const { losses } = file.table;
  if (losses.length === 0) return description;
  const title = `${name} (read only: ${losses.join(', ')} would be lost)`;
  return { ...description, title, card: { ...card, can: NOTHING } };
}

async function canWrite(directory: string): Promise<boolean> {
  return access(directory, constants.W_OK).then(
    () => true,
    () => false,
  );
}
