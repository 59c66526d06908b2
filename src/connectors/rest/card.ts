import type { CapabilityCard } from '../../connector/contract.ts';
import type { ChangesShape } from './description/lists.ts';
import type { CollectionShape, Description } from './description/shape.ts';
import type { WriteShape } from './description/writes.ts';

/** A call of `write` or `get` should not take longer than this, or its worker's lease runs out. */
const CALL_MS = 30_000;

/** Requests of one kind that a connection has under way together. */
export const SINGLES_AT_ONCE = 4;

/** What the description says that the system can do, and nothing beyond it. */
export function cardOf(shape: CollectionShape, description: Description): CapabilityCard {
  const { create, update, delete: remove, version, changes, get } = shape;
  const singles = singlesMax(description);
  const overwriting = [update, remove].filter((write) => write !== undefined);
  return {
    version: version === undefined ? 'none' : 'opaque',
    // The card says one word for updates and deletes together.
    conditionalWrite: version !== undefined && overwriting.length > 0 && overwriting.every(isConditional),
    createIdentity: identityOf(create?.identity),
    readLagMs: shape.read_lag,
    deletes: tellsDeletes(changes) ? 'feed' : 'lookup',
    feed: changes === undefined ? 'none' : changes.kind === 'delta' ? 'log' : 'cursor',
    executionMaxMs: description.execution_max,
    writeBatchMax: Math.max(singles, ...[create, update, remove].map((write) => write?.many?.max ?? 0)),
    getBatchMax: get.many?.max ?? singles,
    can: { create: create !== undefined, update: update !== undefined, delete: remove !== undefined },
  };
}

function isConditional({ if_version: single, many }: WriteShape): boolean {
  return single !== undefined && (many === undefined || many.if_version !== undefined);
}

function identityOf(
  identity: 'unique_key' | 'search' | 'none' | undefined,
): CapabilityCard['createIdentity'] {
  return identity === 'unique_key' ? 'uniqueKey' : (identity ?? 'none');
}

function tellsDeletes(changes: ChangesShape | undefined): boolean {
  if (changes === undefined) return false;
  return changes.kind === 'delta' || changes.deletes !== undefined || changes.deleted_shown === true;
}

/** Single requests that share a call: so many at once, and as often as their time limit allows. */
function singlesMax({ at_once: atOnce, timeout: timeoutMs }: Description): number {
  return Math.min(SINGLES_AT_ONCE, atOnce) * Math.max(1, Math.floor(CALL_MS / timeoutMs));
}
