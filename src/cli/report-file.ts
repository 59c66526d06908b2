import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { CommandFailed, EXIT, type CommandContext } from './command.ts';
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
  await writeFile(path, page, { flag: 'wx', mode: 0o600 }).catch((error: unknown) => {
    const isThere = (error as { readonly code?: unknown }).code === 'EEXIST';
    throw new CommandFailed(isThere ? `${path} is already there` : `${path} could not be written`, {
      exitCode: EXIT.wrongInput,
      advice: isThere
        ? 'Move it away first, or give another name.'
        : 'Look whether the folder is there and may be written.',
    });
  });
  output.line(`Wrote ${path}.`);
  output.line(verdict);
}
