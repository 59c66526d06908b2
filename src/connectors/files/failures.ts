/** Failures of the files connector. Messages name files, columns and lines, and never quote a cell. */
import type { ConnectorFailure } from '../../connector/failure.ts';
import { spelledFailures } from '../../connector/own-failures.ts';

/** What is wrong with a file, as a failure and ready to throw. */
export const { failureOf, refuse } = spelledFailures('files');

/** The file ends in the middle of something: whoever is saving it has not finished. */
export function beingWritten(file: string, what: string): ConnectorFailure {
  return refuse('transient', 'being_written', `${file} ${what}, as if it were still being saved`, {
    advice: `Wait until ${file} is saved completely. If nobody is saving it, open it and repair its end.`,
  });
}

export function emptyFile(file: string): ConnectorFailure {
  return refuse('transient', 'empty', `${file} is empty (not even a header); nothing is concluded from it`, {
    advice: `Restore ${file}, or save it with at least its header row if it should really hold no records.`,
  });
}

/** What the operating system says about a path, in words. */
export function fileSystemFailure(file: string, error: unknown): ConnectorFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  switch (code) {
    case 'ENOENT':
      return refuse('config', 'missing', `${file} does not exist`, {
        advice: 'Put the file back, or correct the name in the sync.',
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return refuse('config', 'no_permission', `the operating system refuses access to ${file} (${code})`, {
        advice: 'Give the account that Trueup runs as the right to read and write in this folder.',
        cause: error,
      });
    case 'ENOSPC':
    case 'EDQUOT':
      return refuse('transient', 'disk_full', `there is no room left to write ${file} (${code})`, {
        advice: 'Free some space on the disk that holds the folder.',
        cause: error,
      });
    default:
      return refuse('transient', 'input_output', `reading or writing ${file} failed (${code})`, {
        advice: 'Check that the disk or network share that holds the folder is reachable.',
        cause: error,
      });
  }
}
