import { nameOf, waitSentence } from '../api/words/wait.ts';
import { storyOfUnknown } from '../diagnose/one-record.ts';
import { idsIn } from '../engine/references.ts';
import type { Value } from '../engine/value.ts';
import type { Installation } from '../server.ts';
import type { StoredBundle } from '../store/contract.ts';
import type { SyncRow } from '../store/control.ts';
import {
  attemptsOf,
  decisionsOf,
  findRecord,
  journalOf,
  type JournalRow,
  type KnownLink,
} from '../store/history.ts';
import { openHolds } from '../store/holds.ts';
import { streamStates } from '../store/status.ts';
import { syncTransaction } from '../store/sync-transaction.ts';
import { thingsNamed, toldWaits, type NamedRecord } from '../store/told-waits.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import {
  chooseSync,
  SYNC_OPTION,
  SYNC_OPTION_HELP,
  text,
  withInstallation,
  withSync,
  wordsOf,
} from './open.ts';
import { instant, type Output } from './output.ts';

const ENTRIES_MAX = 500;

export const trace: Command = {
  name: 'trace',
  usage: 'SIDE ID',
  summary: "A record's journey: where it is, what it holds at every side, and all that happened to it",
  example: 'trueup trace crm 42',
  options: SYNC_OPTION,
  optionHelp: SYNC_OPTION_HELP,
  run: (context) =>
    withInstallation(context, async (installation) => {
      const [side = '', recordId = ''] = wordsOf(context, ['SIDE', 'ID']);
      const sync = await chooseSync(installation, text(context.flags['sync']));
      const found = await installation.transaction(async (tx) => {
        const record = await findRecord(tx, sync.syncKey, side, recordId);
        if (record?.identityId == null) return { record, story: null };
        const { identityId } = record;
        const bundles = await syncTransaction(tx, sync, installation.ids).lockBundles([identityId]);
        const bundle = bundles.get(identityId) ?? null;
        const story = {
          bundle,
          things: bundle === null ? {} : await thingsNamed(tx, sync.definition, bundle),
          journal: await journalOf(tx, sync.syncKey, identityId, ENTRIES_MAX),
          decisions: await decisionsOf(tx, sync.syncKey, identityId, ENTRIES_MAX),
          attempts: await attemptsOf(tx, sync.syncKey, identityId, ENTRIES_MAX),
          holds: await openHolds(tx, sync.syncKey, identityId, ENTRIES_MAX),
          waits: await toldWaits(tx, sync, identityId, ENTRIES_MAX),
        };
        return { record, story };
      });
      if (found.story === null)
        return tellUnlinked(context, installation, sync, side, recordId, found.record);
      context.output.json({ sync: sync.name, ...found });
      const { output } = context;
      output.line(
        `${side} ${recordId}: ${found.record.status}${found.record.failure === null ? '' : ` — ${found.record.failure.message}`}`,
      );
      if (found.story?.bundle != null) {
        showValues(output, found.story.bundle, found.story.things);
        for (const wait of found.story.waits) output.line(`waits: ${waitSentence(wait)}`);
        showStory(output, found.story);
      }
      return EXIT.ok;
    }),
};

/** Trueup has never met it, or left it out: what its system says of it, and why it takes no part. */
async function tellUnlinked(
  context: CommandContext,
  installation: Installation,
  sync: SyncRow,
  side: string,
  recordId: string,
  record: KnownLink | null,
): Promise<number> {
  const sides = sync.definition.sides.map((known) => known.name);
  if (!sides.includes(side)) {
    throw new CommandFailed(`${sync.name} has no side ${side}`, {
      exitCode: EXIT.wrongInput,
      advice: `Its sides: ${sides.join(', ')}`,
    });
  }
  const streams = await installation.transaction((tx) => streamStates(tx, sync.syncKey));
  const seenMs = Math.max(
    0,
    ...streams.filter((stream) => stream.side === side).map(({ currentAsOfMs }) => currentAsOfMs ?? 0),
  );
  const story = await withSync(installation, sync, (runtime) =>
    storyOfUnknown(runtime, side, recordId, seenMs === 0 ? null : seenMs),
  );
  const { verdict, steps, lookedUp } = story;
  context.output.json({ sync: sync.name, record, lookedUp: lookedUp.kind, verdict, steps });
  context.output.line(
    record === null
      ? `${side} ${recordId} is not known in ${sync.name}.`
      : `${side} ${recordId}: ${record.status}${record.failure === null ? '' : ` — ${record.failure.message}`}`,
  );
  context.output.line(verdict);
  for (const { what, side: at, says, code } of steps)
    context.output.line(`  ${code === undefined ? 'ok' : '!!'}  ${what} ${at}: ${says}`);
  return EXIT.attention;
}

export function show(value: Value | undefined): string {
  if (value === undefined) return '·';
  if (value === null) return '(empty)';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function showValues(
  output: Output,
  bundle: StoredBundle,
  things: Readonly<Record<string, NamedRecord>>,
): void {
  // A reference by a record of what it names: the id of its identity tells nobody anything.
  const named = (value: Value | undefined): string => {
    const names = idsIn(value).flatMap((id) => things[id] ?? []);
    return names.length === 0 ? show(value) : names.map(nameOf).join(', ');
  };
  const { identity, links, writes } = bundle;
  output.line(
    `identity ${identity.id}${identity.tombstone === null ? '' : `, deleted at ${identity.tombstone.side}`}`,
  );
  output.line();
  const head = [
    'field',
    'golden',
    ...links.map(
      (link) => `${link.side} ${link.recordId}${link.status === 'live' ? '' : ` (${link.status})`}`,
    ),
  ];
  output.table(
    head,
    Object.keys(identity.golden).map((field) => [
      field,
      named(identity.golden[field]),
      ...links.map((link) => named(link.accounted[field])),
    ]),
  );
  for (const write of writes) output.line(`open write: ${write.kind} at ${write.side}, ${write.state}`);
  output.line();
}

interface Story {
  readonly journal: readonly JournalRow[];
  readonly decisions: Awaited<ReturnType<typeof decisionsOf>>;
  readonly attempts: Awaited<ReturnType<typeof attemptsOf>>;
  readonly holds: Awaited<ReturnType<typeof openHolds>>;
}

function showStory(output: Output, story: Story): void {
  const lines = [
    ...story.journal.map((row) => ({
      atMs: row.atMs,
      text: `${row.side} ${row.recordId ?? ''} ${row.kind}: ${bodyText(row)}`,
    })),
    ...story.decisions.map((made) => ({
      atMs: made.atMs,
      text: `${made.field}: ${show(made.winner.value)} (${made.winner.side}) stands over ${show(made.loser.value)} (${made.loser.side}), by rule ${made.rule}`,
    })),
    ...story.attempts.map((tried) => ({
      atMs: tried.atMs,
      text: `${tried.side} ${tried.kind} ${tried.outcome}: ${tried.failure?.message ?? ''}`,
    })),
    ...story.holds.map((hold) => ({
      atMs: hold.openedAtMs,
      text: `held: ${hold.reason}${hold.field === null ? '' : ` of ${hold.field}`}`,
    })),
  ];
  for (const { atMs, text: line } of lines.toSorted((left, right) => left.atMs - right.atMs))
    output.line(`${instant(atMs)}  ${line}`);
}

interface Body {
  readonly fields?: Readonly<Record<string, readonly [Value, Value, string]>>;
  readonly values?: Readonly<Record<string, Value>>;
  readonly violations?: Readonly<Record<string, string>>;
  readonly write?: string;
  readonly message?: string;
}

function bodyText(row: JournalRow): string {
  const body = row.body as unknown as Body;
  const fields = Object.entries(body.fields ?? {}).map(
    ([field, [before, after]]) => `${field} ${show(before)} → ${show(after)}`,
  );
  const broken = Object.entries(body.violations ?? {}).map(
    ([field, says]) => `${field} breaks a rule: ${says}`,
  );
  if (fields.length + broken.length > 0) return [...fields, ...broken].join(', ');
  const values = Object.entries(body.values ?? {}).map(([field, value]) => `${field} = ${show(value)}`);
  return [body.write ?? '', values.join(', '), body.message ?? ''].filter((part) => part !== '').join(' ');
}
