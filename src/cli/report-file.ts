import { resolve } from 'node:path';

import type { CommandContext } from './command.ts';
import { writeNewFile } from './new-file.ts';
import { text } from './open.ts';

/** To the file that `--out` names, which must not be there yet, and the verdict to the terminal; otherwise all to the terminal. */
export async function giveReport(
  { flags, directory, output }: CommandContext,
  page: string,
  verdict: string,
): Promise<void> {
  const target = text(flags['out']);
  if (target === undefined) {
    output.line(page.trimEnd());
    return;
  }
  const path = resolve(directory, target);
  // The values of records are in it.
  await writeNewFile(path, page, 0o600);
  output.line(`Wrote ${path}.`);
  output.line(verdict);
}
