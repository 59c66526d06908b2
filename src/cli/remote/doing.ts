/** The commands that do something, asked of a server elsewhere: by their first word, as on the machine itself. */
import { counted } from '../../lib/counted.ts';
import { CommandFailed, EXIT, type CommandContext } from '../command.ts';
import { lettersMeant, reasonMeant } from '../meant.ts';
import { tellDecided, tellDiscarded, tellEmptied, tellJoined, tellReleased } from '../outcomes.ts';
import { rateMeant } from '../rate.ts';
import { beginningWith, bodyOf, done, syncMeant, wordAt, type Client, type Remote } from './asking.ts';
import { approvePlan, makePlan } from './planning.ts';
import {
  addChannel,
  addCollector,
  expectThere,
  look,
  removeChannel,
  removeCollector,
  tryChannel,
  tryCollector,
} from './telling.ts';

const PAGE = '200';
/** Pages that are looked through for an id of which only the beginning was given. */
const PAGES_MAX = 10;

type Verbs = Readonly<Record<string, Remote>>;

/** A command of one word only has its verb under the empty text. */
export const DOING: ReadonlyMap<string, Verbs> = new Map<string, Verbs>([
  [
    'holds',
    {
      take: (context, client) =>
        decideHold(context, client, { kind: 'take', side: wordAt(context, 2, 'SIDE') }),
      keep: (context, client) => decideHold(context, client, { kind: 'keep' }),
      value: (context, client) =>
        decideHold(context, client, { kind: 'value', value: wordAt(context, 2, 'VALUE') }),
      delete: (context, client) => decideHold(context, client, { kind: 'delete' }),
      revive: (context, client) => decideHold(context, client, { kind: 'revive' }),
      release,
      emptied,
    },
  ],
  ['problems', { fix, own, note }],
  ['deadletters', { replay, discard, set: correct }],
  [
    'match',
    {
      confirm: (context, client) => decideMatch(context, client, 'confirm'),
      reject: (context, client) => decideMatch(context, client, 'reject'),
      merge,
      unmerge,
    },
  ],
  ['alerts', { add: addChannel, remove: removeChannel, test: tryChannel, look, expect: expectThere }],
  ['collectors', { add: addCollector, remove: removeCollector, test: tryCollector }],
  ['plan', { '': makePlan }],
  ['apply', { '': approvePlan }],
]);

type HoldDecision = Parameters<Client['api']['v1']['holds'][':id']['decision']['$post']>[0]['json'];

/** Every page of a list, as far as an id is looked for. */
async function pagesOf<Entry>(
  ask: (
    cursor: string | undefined,
  ) => Promise<{ readonly next: string | null } & Readonly<Record<'items', readonly Entry[]>>>,
): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { items: some, next } = await ask(cursor);
    found.push(...some);
    if (next === null) break;
    cursor = next;
  }
  return found;
}

const after = (cursor: string | undefined) => ({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });

async function decideHold(context: CommandContext, client: Client, json: HoldDecision): Promise<number> {
  const prefix = wordAt(context, 1, 'HOLD');
  const open = await pagesOf((cursor) => bodyOf(client.api.v1.holds.$get({ query: after(cursor) })));
  const { id } = beginningWith(open, (hold) => hold.id, 'open hold', prefix);
  await done(client.api.v1.holds[':id'].decision.$post({ param: { id }, json }));
  context.output.json({ decided: id, choice: json.kind });
  context.output.line('Decided. The workers deliver what follows.');
  return EXIT.ok;
}

async function release(context: CommandContext, client: Client): Promise<number> {
  const [side, kind, prefix] = ['SIDE', 'KIND', 'HASH'].map((name, index) =>
    wordAt(context, index + 1, name),
  );
  const sync = await syncMeant(context, client);
  const { items: sets } = await bodyOf(client.api.v1['held-writes'].$get());
  const meant = sets.filter((set) => set.sync === sync && set.side === side && set.kind === kind);
  const { hash, kind: of } = beginningWith(meant, (set) => set.hash, 'held set', prefix ?? '');
  const json = { sync, side: side ?? '', kind: of, hash };
  const { released } = await bodyOf(client.api.v1['held-writes'].release.$post({ json }));
  tellReleased(context.output, released);
  return EXIT.ok;
}

async function emptied(context: CommandContext, client: Client): Promise<number> {
  const side = wordAt(context, 1, 'SIDE');
  const param = { name: await syncMeant(context, client), side };
  await done(client.api.v1.syncs[':name'].sides[':side'].emptied.$post({ param }));
  tellEmptied(context.output, side);
  return EXIT.ok;
}

async function problemMeant(context: CommandContext, client: Client): Promise<string> {
  const prefix = wordAt(context, 1, 'PROBLEM');
  const { items: known } = await bodyOf(client.api.v1.problems.$get({ query: { state: 'all' } }));
  return beginningWith(known, ({ id }) => id, 'problem', prefix).id;
}

async function fix(context: CommandContext, client: Client): Promise<number> {
  const id = await problemMeant(context, client);
  const json = { perSecond: rateMeant(context) };
  const { replayed } = await bodyOf(client.api.v1.problems[':id'].fix.$post({ param: { id }, json }));
  context.output.json({ problem: id, replayed });
  context.output.line(`${counted(replayed, 'case tries', 'cases try')} again.`);
  return EXIT.ok;
}

async function own(context: CommandContext, client: Client): Promise<number> {
  const id = await problemMeant(context, client);
  const owner = wordAt(context, 2, 'NAME');
  await done(client.api.v1.problems[':id'].owner.$put({ param: { id }, json: { owner } }));
  context.output.json({ problem: id, owner });
  context.output.line(`${owner} looks after it.`);
  return EXIT.ok;
}

async function note(context: CommandContext, client: Client): Promise<number> {
  const id = await problemMeant(context, client);
  wordAt(context, 2, 'TEXT');
  const json = { note: context.words.slice(2).join(' ') };
  await done(client.api.v1.problems[':id'].notes.$post({ param: { id }, json }));
  context.output.json({ problem: id, noted: true });
  context.output.line('Noted.');
  return EXIT.ok;
}

/** Which letters are meant: one by the beginning of its id, or all that the filters leave. */
async function namedLetters(context: CommandContext, client: Client, sync: string) {
  const { words } = context;
  return {
    ...lettersMeant(context),
    ...(words[1] === undefined ? {} : { letter: await letterMeant(client, sync, words[1]) }),
  };
}

async function letterMeant(client: Client, sync: string, prefix: string): Promise<string> {
  const letters = await pagesOf((cursor) =>
    bodyOf(client.api.v1['dead-letters'].$get({ query: { sync, ...after(cursor) } })),
  );
  return beginningWith(letters, ({ id }) => id, 'letter', prefix).id;
}

async function replay(context: CommandContext, client: Client): Promise<number> {
  const sync = await syncMeant(context, client);
  const all = context.flags['all'] === true;
  const json = { sync, all, perSecond: rateMeant(context), ...(await namedLetters(context, client, sync)) };
  const { replayed } = await bodyOf(client.api.v1['dead-letters'].replay.$post({ json }));
  context.output.json({ replayed });
  context.output.line(`${counted(replayed, 'letter tries', 'letters try')} again. The workers deliver them.`);
  return EXIT.ok;
}

async function discard(context: CommandContext, client: Client): Promise<number> {
  const reason = reasonMeant(context);
  const sync = await syncMeant(context, client);
  const json = { sync, reason, ...(await namedLetters(context, client, sync)) };
  const { discarded } = await bodyOf(client.api.v1['dead-letters'].discard.$post({ json }));
  tellDiscarded(context.output, discarded);
  return EXIT.ok;
}

async function correct(context: CommandContext, client: Client): Promise<number> {
  const sync = await syncMeant(context, client);
  const [field, value] = [wordAt(context, 2, 'FIELD'), wordAt(context, 3, 'VALUE')];
  const id = await letterMeant(client, sync, wordAt(context, 1, 'LETTER'));
  const json = { sync, field, value };
  await done(client.api.v1['dead-letters'][':id'].correction.$post({ param: { id }, json }));
  context.output.json({ corrected: id, field });
  context.output.line('Corrected everywhere. The workers deliver it.');
  return EXIT.ok;
}

async function decideMatch(
  context: CommandContext,
  client: Client,
  kind: 'confirm' | 'reject',
): Promise<number> {
  const prefix = wordAt(context, 1, 'ID');
  const open = await pagesOf((cursor) => bodyOf(client.api.v1.matches.$get({ query: after(cursor) })));
  const { id } = beginningWith(open, (match) => match.id, 'open suggestion', prefix);
  const asked = client.api.v1.matches[':id'].decision.$post({ param: { id }, json: { kind } });
  const { joinId } = await bodyOf(asked);
  tellDecided(context.output, id, kind, joinId);
  return EXIT.ok;
}

async function merge(context: CommandContext, client: Client): Promise<number> {
  const sync = await syncMeant(context, client);
  const identityOf = async (at: number): Promise<string> => {
    const [side, id] = [wordAt(context, at, 'SIDE'), wordAt(context, at + 1, 'ID')];
    const param = { name: sync, side, id };
    const { identity } = await bodyOf(
      client.api.v1.syncs[':name'].sides[':side'].records[':id'].$get({ param }),
    );
    if (identity !== null) return identity;
    throw new CommandFailed(`${side} ${id} belongs to nothing yet`, { exitCode: EXIT.wrongInput });
  };
  const identities = [await identityOf(1), await identityOf(3)] as const;
  const { joinId } = await bodyOf(client.api.v1.merges.$post({ json: { sync, identities } }));
  tellJoined(context.output, joinId);
  return EXIT.ok;
}

async function unmerge(context: CommandContext, client: Client): Promise<number> {
  const { items: standing } = await bodyOf(client.api.v1.merges.$get());
  const { id } = beginningWith(standing, (one) => one.id, 'merge', wordAt(context, 1, 'ID'));
  await done(client.api.v1.merges[':id'].$delete({ param: { id } }));
  context.output.json({ parted: id });
  context.output.line('They are two again, each with its own records and values.');
  return EXIT.ok;
}
