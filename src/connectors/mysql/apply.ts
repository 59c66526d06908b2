import type { Failure } from '../../connector/failure.ts';
import { must } from '../../lib/assert.ts';
import type { Transaction } from './client.ts';
import { failureOf, failureOfError } from './failures.ts';
import { isolate } from './isolate.ts';
import type { WriteLimits } from './limits.ts';
import type { Prepared } from './prepare.ts';
import { deleteStatement, insertStatement, updateStatement, type Assignment } from './statements.ts';
import type { Table } from './table.ts';

/** A request once it was carried out. `key` finds its row; null for a record that is gone. */
export type Applied =
  | { readonly kind: 'written'; readonly id: string; readonly key: readonly string[] | null }
  | { readonly kind: 'refused'; readonly failure: Failure };

/** One request on its way into a statement. */
interface Task extends Assignment {
  readonly index: number;
  readonly id: string;
}

/** Keeps the cost of `case`, which grows with the square, below that of sending statements. */
const UPDATE_ROWS_MAX = 100;
const INSERT_ROWS_MAX = 500;
/** Keys, commas and words around the literals. */
const OVERHEAD_BYTES = 1_024;

/** Deletes first, then updates, then creates: what one record gives up, another of the batch may take. */
export async function applyAll(
  transaction: Transaction,
  table: Table,
  limits: WriteLimits,
  prepared: readonly Prepared[],
): Promise<readonly Applied[]> {
  const applied: Applied[] = prepared.map((one) =>
    one.kind === 'refused'
      ? one
      : {
          kind: 'written',
          id: one.kind === 'create' ? '' : one.id,
          key: one.kind === 'delete' ? null : one.key,
        },
  );
  const refuse = (task: Task, error: unknown): void => {
    applied[task.index] = {
      kind: 'refused',
      failure: failureOfError(error, (key) => table.uniqueKeys.get(key) ?? []),
    };
  };
  for (const { kind, columns, tasks } of groupsOf(prepared)) {
    const rowsMax = kind === 'update' ? UPDATE_ROWS_MAX : INSERT_ROWS_MAX;
    const run = async (rows: readonly Task[]): Promise<void> => {
      const written = await transaction.write(statementFor(kind, table, columns, rows));
      if (kind !== 'create') return;
      for (const [place, task] of rows.entries()) {
        // The numbers of one insert are consecutive, a step apart: the server knows beforehand how many it takes.
        const number = String(BigInt(written.firstId) + BigInt(place * limits.autoIncrementStep));
        const isNumbered = task.key.length === 0;
        applied[task.index] = {
          kind: 'written',
          id: isNumbered ? number : task.id,
          key: isNumbered ? [number] : task.key,
        };
      }
    };
    for (const chunk of chunksOf(tasks, rowsMax, limits.packetBytesMax, refuseTooLarge(applied))) {
      await isolate(chunk, run, refuse);
    }
  }
  return applied;
}

type Kind = 'create' | 'update' | 'delete';

interface Group {
  readonly kind: Kind;
  readonly columns: readonly string[];
  readonly tasks: Task[];
}

/** One statement sets one list of columns: requests that set the same ones go together. */
function groupsOf(prepared: readonly Prepared[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const [index, one] of prepared.entries()) {
    if (one.kind === 'refused' || (one.kind === 'update' && one.literals.size === 0)) continue;
    const columns = [...one.literals.keys()].toSorted();
    const name = JSON.stringify([one.kind, one.kind === 'create' && one.key === null, ...columns]);
    const group = groups.get(name) ?? { kind: one.kind, columns, tasks: [] };
    const literals = columns.map((column) =>
      must(one.literals.get(column), 'every column of the group has a literal'),
    );
    group.tasks.push({ index, id: one.kind === 'create' ? '' : one.id, key: one.key ?? [], literals });
    groups.set(name, group);
  }
  const order: readonly Kind[] = ['delete', 'update', 'create'];
  return [...groups.values()].toSorted((left, right) => order.indexOf(left.kind) - order.indexOf(right.kind));
}

function statementFor(kind: Kind, table: Table, columns: readonly string[], rows: readonly Task[]): string {
  switch (kind) {
    case 'create':
      return insertStatement(table, columns, rows);
    case 'update':
      return updateStatement(table, columns, rows);
    case 'delete':
      return deleteStatement(table, rows);
  }
}

/** Chunks that fit into one statement. A task that fits into none is refused and left out. */
function* chunksOf(
  tasks: readonly Task[],
  rowsMax: number,
  bytesMax: number,
  refuseTask: (task: Task) => void,
): Generator<readonly Task[]> {
  let chunk: Task[] = [];
  let chunkBytes = OVERHEAD_BYTES;
  for (const task of tasks) {
    const taskBytes = bytesOf(task);
    if (taskBytes + OVERHEAD_BYTES > bytesMax) {
      refuseTask(task);
      continue;
    }
    if (chunk.length > 0 && (chunk.length >= rowsMax || chunkBytes + taskBytes > bytesMax)) {
      yield chunk;
      chunk = [];
      chunkBytes = OVERHEAD_BYTES;
    }
    chunk.push(task);
    chunkBytes += taskBytes;
  }
  if (chunk.length > 0) yield chunk;
}

/** A `case` repeats the key and some words for each column. */
function bytesOf({ key, literals }: Task): number {
  const keyBytes = key.reduce((sum, literal) => sum + Buffer.byteLength(literal) + 80, 0);
  return literals.reduce((sum, literal) => sum + Buffer.byteLength(literal) + keyBytes + 16, keyBytes);
}

function refuseTooLarge(applied: Applied[]): (task: Task) => void {
  return ({ index }) => {
    const advice = 'Shorten the values, or raise max_allowed_packet of the server.';
    applied[index] = {
      kind: 'refused',
      failure: failureOf(
        'invalid',
        'too_large',
        'the record is larger than the server takes in one statement',
        { advice },
      ),
    };
  };
}
