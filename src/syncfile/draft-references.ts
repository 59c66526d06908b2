/** What a system says of foreign keys, lookups and the like, as lines for a sync file. */
import type { CollectionDescription } from '../connector/contract.ts';
import type { SyncDefinition } from '../engine/model.ts';

export interface ReferenceDraft {
  /** The field as the side calls it, and the collections that it names records of. */
  readonly native: string;
  readonly collections: readonly string[];
  /** A name for the field of the entity. */
  readonly field: string;
  /** The sync that keeps one of those collections on this connection; null where none does. */
  readonly to: string | null;
}

/** One draft for each field of the collection that names records of others. */
export function draftReferences(
  syncs: readonly SyncDefinition[],
  connection: string,
  { fields }: Pick<CollectionDescription, 'fields'>,
): readonly ReferenceDraft[] {
  return fields.flatMap(({ name: native, refersTo: collections = [] }) => {
    if (collections.length === 0) return [];
    const keeps = syncs.find(({ sides }) =>
      sides.some(
        (side) =>
          side.connection === connection && collections.some((one) => isCollection(one, side.collection)),
      ),
    );
    return [{ native, collections, field: fieldNameFrom(native), to: keeps?.name ?? null }];
  });
}

/** Whether both name one collection: a schema that goes without saying need not be written. */
export function isCollection(described: string, written: string): boolean {
  return described === written || described.endsWith(`.${written}`);
}

const CAPITAL = /(?<=[a-z0-9])(?=[A-Z])/g;
const ID_ENDING = /_id$/;

/** `AccountId` and `account_id` are both an account. */
function fieldNameFrom(native: string): string {
  const words = native
    .replace(CAPITAL, '_')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^[_0-9]+|_+$/g, '');
  const name = words.replace(ID_ENDING, '');
  return name === '' ? 'other' : name;
}
