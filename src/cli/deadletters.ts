import { counted } from '../lib/counted.ts';
import type { Installation } from '../server.ts';
import type { SyncRow } from '../store/control.ts';
import {
  countLetters,
  listLetters,
  type Letter,
  type LetterFilter,
  type LetterState,
} from '../store/letters.ts';
import { noteDeedOnLetters } from '../store/problem-deeds.ts';
import { ChoiceRefused } from '../worker/holds.ts';
import { correctLetter, discardAll, replayAll } from '../worker/redrive.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import { actor, noteCommandAfter } from './deed.ts';
import { fieldValue } from './field-value.ts';
import { lettersMeant, oneMeant, reasonMeant } from './meant.ts';
import {
  chooseSync,
  SYNC_OPTION,
  SYNC_OPTION_HELP,
  text,
  verbOf,
  withInstallation,
  withSync,
  wordsOf,
} from './open.ts';
import { tellDiscarded } from './outcomes.ts';
import { count, instant, type Output } from './output.ts';
import { RATE_HELP, rateMeant } from './rate.ts';
import { show } from './trace.ts';

const PAGE_LETTERS = 50;
const STATES: readonly LetterState[] = ['waiting', 'retrying', 'discarded'];

const FILTERS = {
  side: 'only of this side',
  code: 'only with this failure code',
  field: 'only about this native field',
  record: 'only of this record id',
  problem: 'only the cases of this problem',
  state: `only in this state: ${STATES.join(', ')} (default: waiting)`,
} as const;

export const deadletters: Command = {
  name: 'deadletters',
  usage:
    '[list | show LETTER | replay LETTER|--all|filters | discard LETTER|filters --reason WHY | set LETTER FIELD VALUE]',
  summary:
    'Writes and records that used up their tries: look at them, mend them, replay them or give them up',
  example: 'trueup deadletters replay --code salesforce.duplicate_value',
  options: {
    ...SYNC_OPTION,
    ...Object.fromEntries(Object.keys(FILTERS).map((name) => [name, { type: 'string' as const }])),
    after: { type: 'string' },
    all: { type: 'boolean' },
    reason: { type: 'string' },
    rate: { type: 'string' },
  },
  optionHelp: {
    ...SYNC_OPTION_HELP,
    ...FILTERS,
    after: 'list from here: the `next` of the page before',
    all: 'replay every letter that waits',
    reason: 'why the letters are given up; kept in the journal',
    rate: RATE_HELP,
  },
  run: (context) =>
    withInstallation(context, async (installation) => {
      const sync = await chooseSync(installation, text(context.flags['sync']));
      const verbs = { list, show: showOne, replay, discard, set };
      return verbOf(context, 'deadletters', verbs, 'list')(context, installation, sync);
    }),
};

function wrong(message: string, advice: string | null = null): CommandFailed {
  return new CommandFailed(message, { exitCode: EXIT.wrongInput, advice });
}

function filterOf(context: CommandContext): LetterFilter {
  const state = text(context.flags['state']);
  const states = STATES.filter((known) => known === state);
  if (state !== undefined && states.length === 0)
    throw wrong(`there is no state ${state}`, `They are: ${STATES.join(', ')}`);
  return { ...(state === undefined ? {} : { states }), ...lettersMeant(context) };
}

async function list(context: CommandContext, installation: Installation, sync: SyncRow): Promise<number> {
  const filter: LetterFilter = { states: ['waiting'], ...filterOf(context) };
  const after = text(context.flags['after']) ?? null;
  if (after !== null && !/^\d+~[0-9a-f]{32}$/.test(after))
    throw wrong('--after takes the `next` of the page before');
  const { page, counts } = await installation.transaction(async (tx) => ({
    page: await listLetters(tx, sync.syncKey, filter, after, PAGE_LETTERS),
    counts: await countLetters(tx, sync.syncKey, filter),
  }));
  context.output.json({ sync: sync.name, counts, ...page });
  const { output } = context;
  for (const group of counts)
    output.line(`${count(group.count)} ${group.state} at ${group.side}: ${group.code}`);
  for (const letter of page.letters) summarise(output, letter);
  if (page.next !== null) output.line(`More: trueup deadletters list --after ${page.next}`);
  const total = counts.reduce((sum, group) => sum + group.count, 0);
  if (total === 0) output.line('There are no such letters.');
  return counts.some((group) => group.state === 'waiting') ? EXIT.attention : EXIT.ok;
}

function summarise(output: Output, letter: Letter): void {
  const { letterId, kind, side, recordId, identityId, failure, tries, lastFailedMs } = letter;
  const of = recordId ?? `a new record of identity ${identityId ?? '?'}`;
  output.line(
    `${letterId.slice(0, 12)}  ${kind} ${of} at ${side}, ${counted(tries, 'try', 'tries')}, last ${instant(lastFailedMs)}`,
  );
  output.line(`  ${failure.code}: ${failure.message}`);
}

async function oneLetter(
  context: CommandContext,
  installation: Installation,
  sync: SyncRow,
): Promise<Letter> {
  const [, prefix = ''] = wordsOf(context, ['', 'LETTER']);
  const { letters } = await installation.transaction((tx) =>
    listLetters(tx, sync.syncKey, { letter: prefix }, null, 2),
  );
  return oneMeant(letters, 'letter', prefix, 'See: trueup deadletters list');
}

async function showOne(context: CommandContext, installation: Installation, sync: SyncRow): Promise<number> {
  const letter = await oneLetter(context, installation, sync);
  context.output.json({ sync: sync.name, letter });
  const { output } = context;
  summarise(output, letter);
  output.line(`  state ${letter.state}, first failed ${instant(letter.firstFailedMs)}`);
  if (letter.discarded !== null)
    output.line(`  given up by ${letter.discarded.by}: ${letter.discarded.reason}`);
  if (letter.failure.advice !== undefined) output.line(`  ${letter.failure.advice}`);
  for (const [field, value] of Object.entries(letter.body ?? {})) output.line(`  ${field} = ${show(value)}`);
  if (letter.recordId !== null) output.line(`  Its journey: trueup trace ${letter.side} ${letter.recordId}`);
  return letter.state === 'waiting' ? EXIT.attention : EXIT.ok;
}

/** Which letters are meant: one by its id, or all that the filters leave. Nothing said means nothing done. */
async function meant(
  context: CommandContext,
  installation: Installation,
  sync: SyncRow,
): Promise<LetterFilter> {
  const filter = filterOf(context);
  if (context.words[1] !== undefined)
    return { ...filter, letter: (await oneLetter(context, installation, sync)).letterId };
  if (Object.keys(filter).length > 0 || context.flags['all'] === true) return filter;
  throw wrong('which letters?', 'Name one, filter them (--code, --side, --problem …) or say --all');
}

async function replay(context: CommandContext, installation: Installation, sync: SyncRow): Promise<number> {
  const rate = rateMeant(context);
  const filter = await meant(context, installation, sync);
  const replayed = await replayAll(installation, sync, filter, { by: actor(), reason: null }, rate);
  await noteCommandAfter(installation, 'letters.replayed', sync.name, { replayed });
  context.output.json({ replayed });
  context.output.line(
    `${counted(replayed, 'letter tries', 'letters try')} again. A running worker delivers them; or run: trueup apply`,
  );
  return EXIT.ok;
}

async function discard(context: CommandContext, installation: Installation, sync: SyncRow): Promise<number> {
  const reason = reasonMeant(context);
  const filter = await meant(context, installation, sync);
  const discarded = await discardAll(installation, sync, filter, { by: actor(), reason });
  await noteCommandAfter(installation, 'letters.discarded', sync.name, { discarded });
  tellDiscarded(context.output, discarded);
  return EXIT.ok;
}

async function set(context: CommandContext, installation: Installation, sync: SyncRow): Promise<number> {
  const [, , field = '', given = ''] = wordsOf(context, ['', 'LETTER', 'FIELD', 'VALUE']);
  const letter = await oneLetter(context, installation, sync);
  const value = fieldValue(sync, field, given);
  try {
    await installation.transaction((tx) =>
      noteDeedOnLetters(tx, sync.syncKey, { letter: letter.letterId }, actor()),
    );
    await withSync(installation, sync, (runtime) => correctLetter(runtime, letter, field, value, actor()));
  } catch (error) {
    if (error instanceof ChoiceRefused) throw wrong(error.message);
    throw error;
  }
  await noteCommandAfter(installation, 'letter.corrected', letter.letterId, { sync: sync.name, field });
  context.output.json({ corrected: letter.letterId, field });
  context.output.line('Corrected everywhere. A running worker delivers it; or run: trueup apply');
  return EXIT.ok;
}
