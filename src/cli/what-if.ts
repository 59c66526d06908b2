import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import type { SyncDefinition } from '../engine/model.ts';
import { counted } from '../lib/counted.ts';
import type { Installation } from '../server.ts';
import { findSync, type SyncRow } from '../store/control.ts';
import type { SyncFile } from '../syncfile/sync-file.ts';
import { EXIT, CommandFailed, type Command, type CommandContext } from './command.ts';
import { text, withInstallation } from './open.ts';
import { count } from './output.ts';
import {
  describeSides,
  errorsAgainst,
  fileErrors,
  FILE_OPTION,
  FILE_OPTION_HELP,
  readSyncFile,
  type Described,
} from './sync-file.ts';
import { tellKeys, tryKeys } from './what-if/keys.ts';
import { listInto, type DifferenceList } from './what-if/list.ts';
import { tryPresent, type Present } from './what-if/present.ts';
import type { Tally } from './what-if/tally.ts';
import { sinceOf, tellReplay } from './what-if/tell-replay.ts';

const IDENTITIES_DEFAULT = 500;
const IDENTITIES_MAX = 1_000_000;

export const whatIf: Command = {
  name: 'what-if',
  usage: '',
  summary:
    'What the edited sync file would change where, tried on stored and present records and on the journal; stores and writes nothing',
  example: 'trueup what-if --mapping edited.yaml --since 2026-01-01',
  options: {
    ...FILE_OPTION,
    mapping: { type: 'string' },
    since: { type: 'string' },
    list: { type: 'string' },
    sync: { type: 'string' },
    records: { type: 'string' },
  },
  optionHelp: {
    ...FILE_OPTION_HELP,
    mapping: 'the edited sync file, where it is another than the usual; the same as --file',
    since: 'also run the journal since this date or time through it, and tell every value that would differ',
    list: 'with --since: write every such value to this CSV file, which must not be there yet',
    sync: 'only this sync',
    records: `how many things to try it on, spread over all (default: ${String(IDENTITIES_DEFAULT)}); all for every one`,
  },
  run: (given) => {
    const context = ofMapping(given);
    const [identitiesMax, sinceMs] = [identitiesOf(context), sinceOf(context)];
    return withInstallation(context, async (installation) => {
      const { file } = await readSyncFile(context);
      const described = await describeSides(installation, file, context.signal);
      const errors = errorsAgainst(file, described);
      if (errors.length > 0) throw fileErrors(context, errors);
      const results = await withList(context, sinceMs, async (list) => {
        const told = [];
        for (const edited of chosen(context, file)) {
          const row = await installation.transaction((tx) => findSync(tx, edited.name));
          told.push(
            row === null
              ? isNew(context, edited)
              : await trySync({
                  context,
                  installation,
                  file,
                  described,
                  row,
                  edited,
                  identitiesMax,
                  sinceMs,
                  list,
                }),
          );
        }
        return told;
      });
      context.output.json({ whatIf: results });
      return EXIT.ok;
    });
  },
};

/** `--mapping` is how people think of it who edit a copy; it names the sync file all the same. */
function ofMapping(context: CommandContext): CommandContext {
  const { mapping, ...flags } = context.flags;
  return mapping === undefined ? context : { ...context, flags: { ...flags, file: mapping } };
}

async function withList<T>(
  { flags, directory }: CommandContext,
  sinceMs: number | null,
  action: (list: DifferenceList | null) => Promise<T>,
): Promise<T> {
  const path = text(flags['list']);
  if (path === undefined) return action(null);
  if (sinceMs === null)
    throw new CommandFailed('--list is for the values of the journal: say --since as well', {
      exitCode: EXIT.wrongInput,
    });
  const list = await listInto(resolve(directory, path));
  try {
    return await action(list);
  } finally {
    await list.close();
  }
}

function identitiesOf({ flags }: CommandContext): number {
  const given = text(flags['records']);
  if (given === undefined) return IDENTITIES_DEFAULT;
  const number = given === 'all' ? IDENTITIES_MAX : Number(given);
  if (Number.isSafeInteger(number) && number > 0 && number <= IDENTITIES_MAX) return number;
  throw new CommandFailed(`--records ${given} is no number between 1 and ${count(IDENTITIES_MAX)}`, {
    exitCode: EXIT.wrongInput,
  });
}

function chosen(context: CommandContext, file: SyncFile): readonly SyncDefinition[] {
  const name = text(context.flags['sync']);
  const wanted = file.syncs.filter((sync) => name === undefined || sync.name === name);
  if (wanted.length > 0) return wanted;
  throw new CommandFailed(`the file has no sync named ${name ?? ''}`, {
    exitCode: EXIT.wrongInput,
    advice: `It has: ${file.syncs.map((sync) => sync.name).join(', ')}`,
  });
}

function isNew({ output }: CommandContext, { name }: SyncDefinition): object {
  output.line(`${name} is new: nothing of it is stored yet. See what it would do with: trueup plan`);
  return { sync: name, kind: 'new' };
}

interface Given {
  readonly context: CommandContext;
  readonly installation: Installation;
  readonly file: SyncFile;
  readonly described: ReadonlyMap<string, Described>;
  readonly row: SyncRow;
  readonly edited: SyncDefinition;
  readonly identitiesMax: number;
  /** Null: the journal is not replayed. */
  readonly sinceMs: number | null;
  readonly list: DifferenceList | null;
}

async function trySync(given: Given): Promise<object> {
  const { context, row, edited } = given;
  if (isDeepStrictEqual(row.definition, edited)) {
    context.output.line(`${row.name} is as it is stored: nothing would differ.`);
    return { sync: row.name, kind: 'same' };
  }
  const tried = await tryPresent({
    installation: given.installation,
    sync: row,
    edited,
    file: given.file,
    described: given.described,
    identitiesMax: given.identitiesMax,
    signal: context.signal,
    onProgress: (done, total) => context.output.progress('trying', done, total),
  });
  context.output.progressDone();
  const told = tell(given, tried);
  const { installation, sinceMs, list } = given;
  const keys = await tryKeys(installation, row, edited, context.signal, () => false);
  const journal =
    sinceMs === null
      ? {}
      : { journal: await tellReplay(context, installation, row, edited, sinceMs, list, keys) };
  if (keys === null) return { ...told, ...journal };
  tellKeys(context, keys, sinceMs);
  return { ...told, keys, ...journal };
}

function tell({ context, row }: Given, tried: Present): object {
  const { tally, total, calls, admitted } = tried;
  const result = {
    sync: row.name,
    kind: 'edited',
    tried: tally.identities,
    total,
    changed: tally.changed,
    admitted,
    writes: [...tally.writes.values()],
    problems: [...tally.problems.values()],
    holds: Object.fromEntries(tally.holds),
    excluded: Object.fromEntries(tally.excluded),
    joining: Object.fromEntries(tally.joining),
    calls: Object.fromEntries(calls),
  };
  show(context, result.sync, tried);
  return result;
}

function show({ output }: CommandContext, sync: string, { tally, total, calls, admitted }: Present): void {
  const isAll = tally.identities === total;
  output.line(
    `${sync}: tried on ${count(tally.identities)} of ${count(total)}; ${count(tally.changed)} would change${isAll ? '' : `, so about ${count(Math.round((tally.changed * total) / Math.max(1, tally.identities)))} of all`}`,
  );
  if (admitted.length > 0) output.line(`  admitted: ${admitted.join(', ')}`);
  showWrites(output, tally);
  for (const { side, field, reason, records, examples } of tally.problems.values())
    output.line(`  ${count(records)} of ${side} would wait: ${field}: ${reason} (${examples.join(', ')})`);
  for (const [what, records] of tally.holds) output.line(`  ${count(records)} would be held: ${what}`);
  for (const [side, records] of tally.excluded)
    output.line(`  ${count(records)} of ${side} would take no part any more`);
  for (const [side, records] of tally.joining)
    output.line(
      `  ${count(records)} of ${side} that take no part now, or could not be read, would take part`,
    );
  for (const [side, number] of calls) output.line(`  about ${counted(number, 'call')} to write at ${side}`);
  if (tally.changed + tally.joining.size === 0) output.line('  Nothing would change.');
}

function showWrites(output: CommandContext['output'], tally: Tally): void {
  for (const { side, kind, records, fields, examples } of tally.writes.values()) {
    const parts = Object.entries(fields).map(([field, number]) => `${field} in ${count(number)}`);
    output.line(`  ${count(records)} ${kind}${records === 1 ? '' : 's'} at ${side}: ${parts.join(', ')}`);
    for (const { recordId, changes } of examples) {
      const texts = changes.map(({ field, before, after }) =>
        before === undefined
          ? `${field} = ${JSON.stringify(after)}`
          : `${field}: ${JSON.stringify(before)} → ${JSON.stringify(after)}`,
      );
      output.line(`    ${recordId ?? 'a new record'}: ${texts.join(', ')}`);
    }
  }
}
