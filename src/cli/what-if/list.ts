/** Every value that would have been another, written to a file as it is found. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

import { stringify } from 'csv-stringify/sync';

import type { Difference } from '../../engine/replay.ts';
import type { NativeValue } from '../../engine/value.ts';
import { CommandFailed, EXIT } from '../command.ts';

const HEAD = ['at', 'side', 'record', 'field', 'native', 'way', 'was', 'would be', 'why not'];

export interface DifferenceList {
  add(difference: Difference): Promise<void>;
  close(): Promise<void>;
}

/** A CSV file that must not be there yet, so that no list overwrites another. Nothing of it is kept in memory. */
export async function listInto(path: string): Promise<DifferenceList> {
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  await once(file, 'open').catch((error: unknown) => {
    throw new CommandFailed(`${path} cannot be written: ${(error as NodeJS.ErrnoException).code ?? ''}`, {
      exitCode: EXIT.wrongInput,
      advice: 'Name a file that is not there yet, in a folder that is.',
    });
  });
  const write = async (cells: readonly string[]): Promise<void> => {
    // A cell that a spreadsheet would run begins with an apostrophe.
    if (!file.write(stringify([[...cells]], { escape_formulas: true }))) await once(file, 'drain');
  };
  await write(HEAD);
  return {
    add: ({ atMs, side, recordId, field, native, way, was, would, reason }) =>
      write([
        new Date(atMs).toISOString(),
        side,
        recordId ?? '',
        field,
        native,
        way,
        shown(was),
        shown(would),
        reason ?? '',
      ]),
    close: async () => {
      file.end();
      await once(file, 'close');
    },
  };
}

/** Text as it is; everything else as JSON; nothing where there was no value at all. */
function shown(value: NativeValue | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
