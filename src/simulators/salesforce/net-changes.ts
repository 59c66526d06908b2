/** What a transaction came to in the end, record by record. */
import type { Cause } from './log.ts';
import type { Commit } from './org.ts';
import { idOf, type SfRecord } from './record.ts';
import type { SObject } from './schema.ts';

export type ChangeType = 'CREATE' | 'UPDATE' | 'DELETE' | 'UNDELETE';

export interface NetChange {
  readonly type: ChangeType;
  readonly object: SObject;
  readonly ids: readonly string[];
  readonly before: SfRecord | null;
  readonly after: SfRecord;
  readonly userId: string;
  readonly cause: Cause;
}

/** One change a record: what a transaction did to it in the end. What it made and deleted again is not told. */
export function netChanges(commit: Commit): readonly NetChange[] {
  const net = new Map<string, NetChange | null>();
  for (const { operation, object, actor, cause, before, after } of commit.changes) {
    if (operation === 'purge' || operation === 'touch' || after === null) continue;
    const id = idOf(after);
    const earlier = net.get(id) ?? null;
    const type = typeOf(operation, earlier?.type);
    if (type === null) {
      net.delete(id);
      continue;
    }
    const first = earlier ?? { before, userId: actor.userId, cause };
    net.set(id, {
      type,
      object,
      ids: [id],
      before: first.before,
      after,
      userId: first.userId,
      cause: first.cause,
    });
  }
  return [...net.values()].filter((change) => change !== null);
}

function typeOf(
  operation: 'create' | 'update' | 'delete' | 'undelete',
  earlier?: ChangeType,
): ChangeType | null {
  if (operation === 'update') return earlier ?? 'UPDATE';
  if (operation === 'delete') return earlier === 'CREATE' ? null : 'DELETE';
  return operation === 'create' ? 'CREATE' : 'UNDELETE';
}

/** Records of an object that changed in the same way, put together: they share an event. */
export function merged(changes: readonly NetChange[]): readonly NetChange[] {
  const groups = new Map<string, NetChange>();
  for (const change of changes) {
    const key =
      change.type === 'CREATE' || change.type === 'UNDELETE' ? idOf(change.after) : sameness(change);
    const group = groups.get(key);
    groups.set(key, group === undefined ? change : { ...group, ids: [...group.ids, ...change.ids] });
  }
  return [...groups.values()];
}

function sameness({ type, object, before, after }: NetChange): string {
  if (type === 'DELETE') return `DELETE ${object.name}`;
  const news = Object.keys(after).filter((name) => after[name] !== (before?.[name] ?? null));
  return JSON.stringify([
    type,
    object.name,
    news.toSorted((a, b) => (a < b ? -1 : 1)).map((name) => [name, after[name]]),
  ]);
}

/** How many fields an update changed. */
export function countOf({ before, after }: NetChange): number {
  return Object.keys(after).filter((name) => after[name] !== (before?.[name] ?? null)).length;
}
