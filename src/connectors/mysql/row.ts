import { hash } from 'node:crypto';

import type { SystemRecord } from '../../connector/contract.ts';
import type { NativeValue } from '../../engine/value.ts';
import { nearestNames } from '../../lib/nearest.ts';
import type { Cells } from './client.ts';
import { nativeOf, selectOf } from './codec.ts';
import type { Column } from './column.ts';
import { refuse } from './failures.ts';
import { idOf } from './key.ts';
import type { Table } from './table.ts';

const NEAREST_MAX = 5;

/** All columns are read whichever fields are asked for: the version is made from the whole record. */
export function selectList(table: Table): string {
  return table.columns.map(selectOf).join(', ');
}

/** Turns rows selected by `selectList` into records with the fields asked for. */
export function recordReader(
  table: Table,
  fields: readonly string[],
  stamp: Column | null,
): (cells: Cells) => SystemRecord {
  const wanted = fields.map((name) => {
    const column = table.columns.find((candidate) => candidate.name === name);
    if (column === undefined) throw unknownField(table, name);
    return { column, index: table.columns.indexOf(column) };
  });
  const stampIndex = stamp?.codec.kind === 'timestamp' ? table.columns.indexOf(stamp) : -1;
  return (cells) => {
    const asked = wanted.map(({ column, index }): readonly [string, NativeValue] => [
      column.name,
      nativeOf(column.codec, cells[index] ?? null),
    ]);
    const modifiedAtMs = momentOf(cells[stampIndex]);
    return {
      id: idOf(table, cells),
      version: versionOf(cells),
      fields: new Map(asked),
      ...(modifiedAtMs === null ? {} : { modifiedAtMs }),
    };
  };
}

/** A digest of the whole row as the server sends it: equal digests, equal rows. */
export function versionOf(cells: Cells): string {
  const texts = cells.map((cell) =>
    Buffer.isBuffer(cell) ? `0x${cell.toString('hex')}` : cell === null ? null : String(cell),
  );
  return hash('sha256', JSON.stringify(texts), 'base64url').slice(0, 22);
}

export function unknownField(table: Table, name: string): Error {
  const near = nearestNames(
    name,
    table.columns.map((column) => column.name),
    NEAREST_MAX,
  );
  return refuse(
    'config',
    'unknown_field',
    `${table.name} has no column ${name}; there is ${near.join(', ')}`,
    {
      field: name,
      advice: 'Compare the mapping with the table: it may have been changed. Then check the sync again.',
    },
  );
}

/** Only a TIMESTAMP says when it was; a DATETIME has no zone. */
function momentOf(cell: Cells[number] | undefined): number | null {
  const ms = typeof cell === 'string' ? Date.parse(`${cell.replace(' ', 'T')}Z`) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}
