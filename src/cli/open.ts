/** What most commands begin with: the installation, the sync meant, and everything closed again whatever happens. */
import { existsSync } from 'node:fs';

import { openInstallation, type Installation } from '../server.ts';
import { allSyncs, type SyncRow } from '../store/control.ts';
import { openSync } from '../syncs.ts';
import type { Log, SyncRuntime } from '../worker/runtime.ts';
import { silentLog } from '../worker/runtime.ts';
import { CommandFailed, EXIT, type CommandContext } from './command.ts';

export async function withInstallation<T>(
  context: CommandContext,
  action: (installation: Installation) => Promise<T>,
  log: Log = silentLog,
): Promise<T> {
  const { directory, environment } = context;
  // A misspelt folder must not be made, with a database of its own in it.
  if (!existsSync(directory))
    throw new CommandFailed(`there is no folder ${directory}`, {
      exitCode: EXIT.wrongInput,
      advice: `Correct its name, or make it with: trueup init ${directory}`,
    });
  const installation = await openInstallation({ directory, environment, log });
  try {
    return await action(installation);
  } finally {
    await installation.close();
  }
}

/** The sync that was named, or the only one there is. */
export async function chooseSync(installation: Installation, name: string | undefined): Promise<SyncRow> {
  const rows = await installation.transaction((tx) => allSyncs(tx));
  const names = rows.map((row) => row.name).join(', ');
  if (rows.length === 0) {
    throw new CommandFailed('no sync is known here yet', {
      exitCode: EXIT.wrongInput,
      advice: 'Run: trueup plan',
    });
  }
  if (name === undefined) {
    const [only, ...others] = rows;
    if (only !== undefined && others.length === 0) return only;
    throw new CommandFailed('there are several syncs; name one with --sync', {
      exitCode: EXIT.wrongInput,
      advice: `They are: ${names}`,
    });
  }
  const found = rows.find((row) => row.name === name);
  if (found !== undefined) return found;
  throw new CommandFailed(`there is no sync named ${name}`, {
    exitCode: EXIT.wrongInput,
    advice: `Known: ${names}`,
  });
}

export async function withSync<T>(
  installation: Installation,
  sync: SyncRow,
  action: (runtime: SyncRuntime) => Promise<T>,
): Promise<T> {
  const opened = await openSync(installation, sync);
  try {
    return await action(opened.runtime);
  } finally {
    await opened.close();
  }
}

export function text(flag: unknown): string | undefined {
  return typeof flag === 'string' ? flag : undefined;
}

/** What the first word asks of a command; a word that is missing or unknown is refused with those that there are. */
export function verbOf<Run>(
  context: CommandContext,
  command: string,
  verbs: Readonly<Record<string, Run>>,
  whenMissing?: string,
): Run {
  const verb = context.words[0] ?? whenMissing;
  const run = verb !== undefined && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (run !== undefined) return run;
  throw new CommandFailed(verb === undefined ? `${command} needs a word` : `${command} has no ${verb}`, {
    exitCode: EXIT.wrongInput,
    advice: `It has: ${Object.keys(verbs).join(', ')}`,
  });
}

/** Words a command needs, by name, so that a missing one is told by name. */
export function wordsOf(context: CommandContext, names: readonly string[]): readonly string[] {
  return names.map((name, index) => {
    const word = context.words[index];
    if (word === undefined)
      throw new CommandFailed(`${name} is missing`, { exitCode: EXIT.wrongInput, advice: 'See --help.' });
    return word;
  });
}

export const SYNC_OPTION = { sync: { type: 'string' } } as const;
export const SYNC_OPTION_HELP = { sync: 'the sync meant, where there are several' } as const;
