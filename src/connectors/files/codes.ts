/** Every failure of this connector with its cause, for the catalogue. The advice of a case may be more exact than this. */
import type { FailureKind } from '../../connector/failure.ts';
import { knownFailures, type KnownFailure } from '../../connector/known-failures.ts';

type Row = readonly [kind: FailureKind, cause: string, advice: string];

const AGAIN = 'Nothing to do: it is read again first.';
const REPAIR = 'Repair the row in a text editor: the message names it.';
const UTF8 = 'Save the file as UTF-8.';
const SETTING = 'Correct the setting that the message names.';

const ROWS: Readonly<Record<string, Row>> = {
  being_written: [
    'transient',
    'The file ends in the middle: somebody is still saving it.',
    'Wait, or repair its end.',
  ],
  empty: [
    'transient',
    'The file is empty, without even a header.',
    'Restore it, or save it with its header row.',
  ],
  missing: [
    'config',
    'The file is not there: it was moved or renamed.',
    'Put it back, or correct the name in the sync.',
  ],
  no_permission: [
    'config',
    'The operating system refuses access.',
    'Give the account that Trueup runs as the right to read and write in the folder.',
  ],
  disk_full: [
    'transient',
    'There is no room left on the disk.',
    'Free some space on the disk that holds the folder.',
  ],
  input_output: ['transient', 'The disk or network share failed.', 'Check that it is reachable.'],
  cursor_expired: [
    'config',
    'The stored position does not belong to this file.',
    'Nothing to do: the file is compared completely instead.',
  ],
  encoding: ['config', 'The file is not UTF-8 text.', UTF8],
  bad_header: [
    'config',
    'The header row has a quote out of its place.',
    'Repair the first row in a text editor.',
  ],
  unclosed_quote: ['invalid', 'A quote that opens a value is never closed.', REPAIR],
  stray_quote: ['invalid', 'A quote stands where none may.', REPAIR],
  row_too_long: ['invalid', 'A row is longer than is taken in: probably a quote is not closed.', REPAIR],
  column_count: [
    'invalid',
    'A row has more or fewer columns than the header.',
    'Add the missing delimiters, or quote values that contain one.',
  ],
  not_utf8: ['invalid', 'A row holds what is not UTF-8 text.', UTF8],
  changed: ['precondition', 'The row was changed in the file since it was read.', AGAIN],
  gone: ['precondition', 'The row was deleted since it was read.', AGAIN],
  id_fixed: [
    'invalid',
    'The id of a row was to be changed.',
    'Delete the row and create it again under its new id.',
  ],
  duplicate_id: ['invalid', 'Two rows have the same id.', 'Keep one of them, or give each an id of its own.'],
  duplicate_header: [
    'config',
    'Two columns have the same name.',
    'Give every column a name of its own in the first row.',
  ],
  no_id_column: [
    'config',
    'The file has no column for its ids.',
    'Name the id column in the settings, or add it to the file.',
  ],
  unknown_column: [
    'config',
    'The file has no such column: it was renamed or removed.',
    'Correct the mapping, or name the column as before.',
  ],
  locked: [
    'transient',
    'Another Trueup is writing the file.',
    'Stop the other writer, or delete the lock file that the message names.',
  ],
  missing_id: ['invalid', 'A row has no id.', 'Give it an id that no other row has, or delete the row.'],
  unreadable_rows: [
    'invalid',
    'The record may be among rows that cannot be read.',
    'Repair the unreadable rows of the file.',
  ],
  open_in_editor: ['transient', 'The file is open in an office program.', 'Close it there.'],
  setting: ['config', 'A setting of the connection is wrong.', SETTING],
  bad_name: [
    'config',
    'The collection is not a plain file name.',
    'Name a file that lies in the folder itself.',
  ],
  bad_format: [
    'config',
    'The kind of file is not one that is read.',
    'Use CSV, JSON Lines or Excel (.xlsx).',
  ],
  outside: [
    'config',
    'The file is a link that leads out of the folder.',
    'Put the file itself into the folder.',
  ],
  not_a_file: ['config', 'The name is that of a folder or device.', 'Name a file.'],
  too_large: [
    'config',
    'The file is larger than is taken in.',
    'Split it, or keep the records in a database.',
  ],
  not_a_workbook: [
    'config',
    'The file is not an Excel workbook.',
    'Save it again as "Excel workbook (.xlsx)".',
  ],
  changing: ['transient', 'Somebody keeps saving the file.', 'Find out what does, or have it pause.'],
  error_cell: ['invalid', 'A cell shows an error such as #REF!.', 'Repair the formula of the cell.'],
  would_lose: [
    'config',
    'Writing the workbook would lose charts, macros or the like.',
    'Keep the table in a plain workbook of its own, or as CSV.',
  ],
  not_faithful: [
    'permanent',
    'The workbook would not read back as it was meant.',
    'Report this with the workbook attached.',
  ],
  aborted: ['transient', 'The work was stopped on purpose.', 'Nothing to do: it goes on later.'],
};

export const CODES: readonly KnownFailure[] = knownFailures(
  'files',
  Object.entries(ROWS).map(([name, [kind, , advice]]) => ({ name, kind, advice })),
  Object.fromEntries(Object.entries(ROWS).map(([name, [, cause]]) => [name, cause])),
);
