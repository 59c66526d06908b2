/** `match export` and `match import`: suggestions decided in a spreadsheet, all of them or none. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { Installation } from '../../server.ts';
import { readBundles } from '../../store/bundles.ts';
import type { SyncRow } from '../../store/control.ts';
import { suggestionsPage, type ListedSuggestion } from '../../store/matches.ts';
import { unopenedSync } from '../../syncs.ts';
import { decidePairs, DECISIONS_MAX, DecisionsRefused } from '../../worker/decide-matches.ts';
import { CommandFailed, EXIT, type CommandContext } from '../command.ts';
import { actor, noteCommand } from '../deed.ts';
import { wordsOf } from '../open.ts';
import { count } from '../output.ts';
import { readSheet, sheetHead, sheetRow, sheetText, type WrongRow } from './sheet.ts';

export interface MatchContext {
  readonly context: CommandContext;
  readonly installation: Installation;
  readonly sync: SyncRow;
}

const PAIRS_PER_PAGE = 500;
const FILE_BYTES_MAX = 100 * 2 ** 20;
const ROWS_SHOWN_MAX = 50;

export async function exportMatches({ context, installation, sync }: MatchContext): Promise<number> {
  const [, name = ''] = wordsOf(context, ['', 'FILE']);
  const path = resolve(context.directory, name);
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  await once(file, 'open').catch((error: unknown) => {
    throw new CommandFailed(`${path} cannot be written: ${(error as NodeJS.ErrnoException).code ?? ''}`, {
      exitCode: EXIT.wrongInput,
      advice: 'Name a file that is not there yet, in a folder that is.',
    });
  });
  const { fields } = sync.definition;
  file.write(sheetText([sheetHead(fields)]));
  let [after, pairs]: [ListedSuggestion | null, number] = [null, 0];
  do {
    context.signal.throwIfAborted();
    const place: ListedSuggestion | null = after;
    const page = await installation.transaction(async (tx) => {
      const found = await suggestionsPage(tx, [sync.syncKey], place, PAIRS_PER_PAGE);
      const ids = [...new Set(found.flatMap(({ left, right }) => [left, right]))];
      return { found, bundles: await readBundles(tx, sync.syncKey, ids) };
    });
    const rows = page.found.flatMap((one) => {
      const [left, right] = [page.bundles.get(one.left), page.bundles.get(one.right)];
      return left === undefined || right === undefined ? [] : [sheetRow(fields, one, left, right)];
    });
    if (!file.write(sheetText(rows))) await once(file, 'drain');
    pairs += rows.length;
    after = page.found.length < PAIRS_PER_PAGE ? null : (page.found.at(-1) ?? null);
  } while (after !== null);
  file.end();
  await once(file, 'close');
  context.output.json({ sync: sync.name, file: path, pairs });
  context.output.line(`${count(pairs)} pairs are in ${path}.`);
  context.output.line(`Write confirm or reject into the column decision, then: trueup match import ${name}`);
  return EXIT.ok;
}

export async function importMatches({ context, installation, sync }: MatchContext): Promise<number> {
  const [, name = ''] = wordsOf(context, ['', 'FILE']);
  const sheet = readSheet(await textOf(resolve(context.directory, name)));
  if (sheet.kind === 'wrong') throw wrongRows(context, sheet.rows);
  const { decisions, undecided } = sheet;
  if (decisions.length > DECISIONS_MAX)
    throw new CommandFailed(`${count(decisions.length)} decisions are too many at once`, {
      exitCode: EXIT.wrongInput,
      advice: `Split the file: at most ${count(DECISIONS_MAX)} are taken together.`,
    });
  try {
    await installation.transaction(async (tx) => {
      await decidePairs(tx, [sync], (row) => unopenedSync(installation, row), decisions, actor());
      for (const { suggestionId, kind } of decisions)
        await noteCommand(tx, installation, 'match.decided', suggestionId, { sync: sync.name, choice: kind });
    });
  } catch (error) {
    if (!(error instanceof DecisionsRefused)) throw error;
    const rows = error.refused.map(({ place, reason }) => ({ row: decisions[place]?.row ?? 0, reason }));
    throw wrongRows(context, rows);
  }
  const confirmed = decisions.filter(({ kind }) => kind === 'confirm').length;
  const rejected = decisions.length - confirmed;
  context.output.json({ sync: sync.name, confirmed, rejected, undecided });
  context.output.line(
    `${count(confirmed)} pairs are one now, ${count(rejected)} are two; ${count(undecided)} were left undecided.`,
  );
  if (confirmed > 0) context.output.line('Take one back with: trueup match merges, trueup match unmerge ID');
  return EXIT.ok;
}

async function textOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile())
    throw new CommandFailed(`there is no file ${path}`, {
      exitCode: EXIT.wrongInput,
      advice: 'Make one with: trueup match export FILE',
    });
  if (found.size > FILE_BYTES_MAX)
    throw new CommandFailed(`${path} is larger than 100 MB`, {
      exitCode: EXIT.wrongInput,
      advice: 'Leave out the rows that are not decided.',
    });
  return readFile(path, 'utf8');
}

function wrongRows(context: CommandContext, rows: readonly WrongRow[]): CommandFailed {
  for (const { row, reason } of rows.slice(0, ROWS_SHOWN_MAX))
    context.output.error(`row ${String(row)}: ${reason}`);
  return new CommandFailed(`${count(rows.length)} rows cannot be carried out; nothing was done`, {
    exitCode: EXIT.wrongInput,
    advice: 'Mend or clear them, and import the file again.',
  });
}
