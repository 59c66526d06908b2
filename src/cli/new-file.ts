import { writeFile } from 'node:fs/promises';

import { CommandFailed, EXIT } from './command.ts';

/** Writes a file that must not be there yet. `mode` as of the system's files; without it, as the machine makes files. */
export async function writeNewFile(path: string, content: string, mode?: number): Promise<void> {
  await writeFile(path, content, { flag: 'wx', ...(mode === undefined ? {} : { mode }) }).catch(
    (error: unknown) => {
      const isThere = (error as { readonly code?: unknown }).code === 'EEXIST';
      throw new CommandFailed(isThere ? `${path} is already there` : `${path} could not be written`, {
        exitCode: EXIT.wrongInput,
        advice: isThere
          ? 'Move it away first, or give another name.'
          : 'Look whether the folder is there and may be written.',
      });
    },
  );
}
