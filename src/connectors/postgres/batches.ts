/** Cuts a list of writes into batches that one statement each can carry out, without changing what they come to. */
import type { WriteRequest } from '../../connector/contract.ts';

/** Requests of one kind that set the same columns and meet each record at most once. */
export interface Batch {
  readonly kind: WriteRequest['kind'];
  readonly columns: readonly string[];
  /** Each with its place in the list it came from. */
  readonly entries: readonly Entry[];
}

export interface Entry {
  readonly index: number;
  readonly request: WriteRequest;
}

/**
 * Writes to different records may trade places, two writes to one record may not: a record that is met again closes all
 * batches so far. Within a batch the order is that of the ids, so that two batches that meet the same records take their
 * locks in one order.
 */
export function batchesOf(requests: readonly WriteRequest[], recordsMax: number): readonly Batch[] {
  const batches: Batch[] = [];
  let open = new Map<string, Entry[]>();
  let met = new Set<string>();
  const close = (): void => {
    for (const entries of open.values()) batches.push(...cut(entries, recordsMax));
    open = new Map();
    met = new Set();
  };
  for (const [index, request] of requests.entries()) {
    const { kind, recordId, fields } = request;
    if (recordId !== null && met.has(recordId)) close();
    if (recordId !== null) met.add(recordId);
    const shape = JSON.stringify([kind, ...[...fields.keys()].toSorted()]);
    const entries = open.get(shape) ?? [];
    entries.push({ index, request });
    open.set(shape, entries);
  }
  close();
  return batches;
}

function cut(entries: readonly Entry[], recordsMax: number): readonly Batch[] {
  const [first] = entries;
  if (first === undefined) return [];
  const { kind, fields } = first.request;
  const ordered = kind === 'create' ? entries : entries.toSorted(byId);
  const columns = [...fields.keys()].toSorted();
  const batches: Batch[] = [];
  for (let from = 0; from < ordered.length; from += recordsMax) {
    batches.push({ kind, columns, entries: ordered.slice(from, from + recordsMax) });
  }
  return batches;
}

function byId(left: Entry, right: Entry): number {
  const [one, other] = [left.request.recordId ?? '', right.request.recordId ?? ''];
  return one < other ? -1 : one > other ? 1 : 0;
}
