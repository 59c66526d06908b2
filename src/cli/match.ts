import { suggestPairs } from '../diagnose/suggest-pairs.ts';
import { counted } from '../lib/counted.ts';
import { readBundles } from '../store/bundles.ts';
import { allSyncs } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import { findRecord } from '../store/history.ts';
import { markParted, openSuggestions, standingJoins } from '../store/matches.ts';
import { syncTransaction } from '../store/sync-transaction.ts';
import { unopenedSync } from '../syncs.ts';
import { decidePairs, DecisionsRefused, type PairDecision } from '../worker/decide-matches.ts';
import { ChoiceRefused } from '../worker/holds.ts';
import { joinPair, partIdentities } from '../worker/joins.ts';
import { CommandFailed, EXIT, type Command } from './command.ts';
import { actor, noteCommand } from './deed.ts';
import { exportMatches, importMatches, type MatchContext as Given } from './match/by-file.ts';
import { oneMeant } from './meant.ts';
import {
  chooseSync,
  SYNC_OPTION,
  SYNC_OPTION_HELP,
  text,
  verbOf,
  withInstallation,
  wordsOf,
} from './open.ts';
import { tellDecided, tellJoined } from './outcomes.ts';
import { count, instant } from './output.ts';

const SHOWN_MAX = 50;

export const match: Command = {
  name: 'match',
  usage:
    'report | list | confirm ID | reject ID | export FILE | import FILE | merge SIDE ID SIDE ID | merges | unmerge ID',
  summary:
    'What of several systems may be one thing and could not be told by its keys; a person says so, and can take it back',
  example: 'trueup match report',
  options: SYNC_OPTION,
  optionHelp: SYNC_OPTION_HELP,
  run: (context) =>
    withInstallation(context, async (installation) => {
      const sync = await chooseSync(installation, text(context.flags['sync']));
      return verbOf(context, 'match', VERBS)({ context, installation, sync });
    }),
};

const VERBS: Readonly<Record<string, (given: Given) => Promise<number>>> = {
  report,
  list,
  confirm: (given) => decide(given, 'confirm'),
  reject: (given) => decide(given, 'reject'),
  export: exportMatches,
  import: importMatches,
  merge,
  merges,
  unmerge,
};

async function report({ context, installation, sync }: Given): Promise<number> {
  const { output, signal } = context;
  const { ids, clock } = installation;
  const searching = {
    transaction: <T>(action: (tx: Tx) => Promise<T>) => installation.transaction(action),
    ids,
    clock,
    signal,
    onProgress: (read: number) => output.progress('reading', read, null),
  };
  const { linked, onlyAt, ...counts } = await suggestPairs(searching, sync);
  output.progressDone();
  const open = await installation.transaction((tx) => openSuggestions(tx, sync.syncKey, '', SHOWN_MAX));
  output.json({ sync: sync.name, linked, onlyAt: Object.fromEntries(onlyAt), ...counts, suggestions: open });
  output.line(`${sync.name}:`);
  output.line(`  ${count(linked)} are linked at several sides, by their keys`);
  for (const [side, number] of onlyAt) output.line(`  ${count(number)} are only at ${side}`);
  output.line(
    `  ${counted(counts.suggested, 'pair may be one thing, and waits', 'pairs may be one thing, and wait')} for a person; ${count(counts.ambiguous)} things are alike to several`,
  );
  output.line(
    `  ${counted(counts.inner, 'pair looks', 'pairs look')} like the same thing twice at one side: merge them in that system`,
  );
  if (counts.blocksSkipped > 0)
    output.line(`  ${count(counts.blocksSkipped)} values are shared by so many that they were not compared`);
  if (open.length > 0) output.line('See them with: trueup match list');
  return open.length > 0 ? EXIT.attention : EXIT.ok;
}

async function list({ context, installation, sync }: Given): Promise<number> {
  const { open, bundles } = await installation.transaction(async (tx) => {
    const found = await openSuggestions(tx, sync.syncKey, '', SHOWN_MAX);
    const ids = [...new Set(found.flatMap(({ left, right }) => [left, right]))];
    return { open: found, bundles: await readBundles(tx, sync.syncKey, ids) };
  });
  const recordsOf = (identityId: string): readonly string[] =>
    (bundles.get(identityId)?.links ?? []).map(({ side, recordId }) => `${side} ${recordId}`);
  const shown = open.map((one) => ({ ...one, records: [recordsOf(one.left), recordsOf(one.right)] }));
  context.output.json({ sync: sync.name, suggestions: shown });
  for (const { suggestionId, kind, why, records } of shown) {
    const [left = [], right = []] = records;
    context.output.line(`${suggestionId}  ${left.join(', ')}  and  ${right.join(', ')}`);
    context.output.line(
      `  ${why}${kind === 'inner' ? ' (both are at one side: merge them in that system)' : ''}`,
    );
  }
  if (open.length === 0)
    context.output.line('Nothing waits to be matched. Look for more with: trueup match report');
  return open.length === 0 ? EXIT.ok : EXIT.attention;
}

async function decide({ context, installation, sync }: Given, kind: PairDecision['kind']): Promise<number> {
  const [, prefix = ''] = wordsOf(context, ['', 'ID']);
  const joinId = await refusing(async () =>
    installation.transaction(async (tx) => {
      const found = await openSuggestions(tx, sync.syncKey, prefix, 2);
      const { suggestionId } = oneMeant(found, 'open suggestion', prefix);
      const given = [{ suggestionId, kind }];
      const [decided] = await decidePairs(
        tx,
        [sync],
        (row) => unopenedSync(installation, row),
        given,
        actor(),
      );
      await noteCommand(tx, installation, 'match.decided', suggestionId, { sync: sync.name, choice: kind });
      return decided?.joinId ?? null;
    }),
  );
  tellDecided(context.output, prefix, kind, joinId);
  return EXIT.ok;
}

/** What a person may not do is wrong input, told in the words of the refusal. */
async function refusing<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const refused = error instanceof DecisionsRefused ? error.refused[0]?.reason : undefined;
    const reason = error instanceof ChoiceRefused ? error.message : refused;
    if (reason === undefined) throw error;
    throw new CommandFailed(reason, { exitCode: EXIT.wrongInput });
  }
}

async function merge(given: Given): Promise<number> {
  const { context, installation, sync } = given;
  const [, leftSide = '', leftId = '', rightSide = '', rightId = ''] = wordsOf(context, [
    '',
    'SIDE',
    'ID',
    'SIDE',
    'ID',
  ]);
  const joinId = await refusing(async () =>
    installation.transaction(async (tx) => {
      const identityOf = async (side: string, recordId: string): Promise<string> => {
        const identityId = (await findRecord(tx, sync.syncKey, side, recordId))?.identityId;
        if (identityId == null)
          throw new ChoiceRefused(`${side} ${recordId} is not known, or belongs to nothing yet`);
        return identityId;
      };
      const pair = [await identityOf(leftSide, leftId), await identityOf(rightSide, rightId)] as const;
      const joining = {
        runtime: unopenedSync(installation, sync),
        sync,
        all: await allSyncs(tx),
        by: actor(),
      };
      const made = await joinPair(tx, joining, pair);
      await noteCommand(tx, installation, 'match.merged', made, { sync: sync.name });
      return made;
    }),
  );
  tellJoined(context.output, joinId);
  return EXIT.ok;
}

async function merges({ context, installation, sync }: Given): Promise<number> {
  const joins = await installation.transaction((tx) => standingJoins(tx, sync.syncKey, '', SHOWN_MAX));
  context.output.json({
    sync: sync.name,
    merges: joins.map(({ memory, ...join }) => ({ ...join, moved: memory.moved })),
  });
  for (const { joinId, joinedAtMs, joinedBy, memory } of joins) {
    const moved = memory.moved.map(({ side, recordId }) => `${side} ${recordId}`).join(', ');
    context.output.line(`${joinId}  ${instant(joinedAtMs)} by ${joinedBy}: ${moved}`);
  }
  if (joins.length === 0) context.output.line('Nothing was merged, by a person here or in a system.');
  return EXIT.ok;
}

async function unmerge({ context, installation, sync }: Given): Promise<number> {
  const [, prefix = ''] = wordsOf(context, ['', 'ID']);
  const by = actor();
  await refusing(async () =>
    installation.transaction(async (tx) => {
      const one = oneMeant(await standingJoins(tx, sync.syncKey, prefix, 2), 'merge', prefix);
      await partIdentities(
        unopenedSync(installation, sync),
        syncTransaction(tx, sync, installation.ids),
        one.memory,
        by,
      );
      await markParted(tx, sync.syncKey, one.joinId, by);
      await noteCommand(tx, installation, 'match.parted', one.joinId, { sync: sync.name });
    }),
  );
  context.output.json({ parted: prefix });
  context.output.line(
    'They are two again, each with its own records and values. A running worker delivers what follows; or run: trueup apply',
  );
  return EXIT.ok;
}
