import { waitSentence } from '../api/words/wait.ts';
import { announcementVitals, type AnnouncementVitals } from '../store/announcements.ts';
import { allSyncs, connectionStates, type SyncRow } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import { countStates, countWrites, deadLetters, streamStates } from '../store/status.ts';
import { countWaits, toldWaits, type ToldWait } from '../store/told-waits.ts';
import { webhookStates } from '../store/webhooks.ts';
import { EXIT, type Command, type CommandContext } from './command.ts';
import { healthText, quotaText, unreadText, webhookText } from './connection-words.ts';
import { chooseSync, text, withInstallation } from './open.ts';
import { count, duration, type Output } from './output.ts';

const DEAD_SHOWN_MAX = 5;
const WAITS_SHOWN_MAX = 5;

/** One sync as `status` tells it. */
async function syncStatus(
  tx: Tx,
  sync: SyncRow,
): Promise<{
  readonly sync: string;
  readonly mode: string;
  readonly revision: number;
  readonly sides: Awaited<ReturnType<typeof countStates>>;
  readonly streams: Awaited<ReturnType<typeof streamStates>>;
  readonly writes: Awaited<ReturnType<typeof countWrites>>;
  readonly dead: Awaited<ReturnType<typeof deadLetters>>;
  readonly waits: Awaited<ReturnType<typeof countWaits>>;
  readonly longestWaits: readonly ToldWait[];
  readonly announcements: readonly AnnouncementVitals[];
}> {
  const { name, mode, revision, syncKey } = sync;
  return {
    sync: name,
    mode,
    revision,
    sides: await countStates(
      tx,
      syncKey,
      sync.definition.sides.map((side) => side.name),
    ),
    streams: await streamStates(tx, syncKey),
    writes: await countWrites(tx, syncKey),
    dead: await deadLetters(tx, syncKey, DEAD_SHOWN_MAX),
    waits: await countWaits(tx, syncKey),
    longestWaits: await toldWaits(tx, sync, null, WAITS_SHOWN_MAX),
    announcements: await announcementVitals(tx, syncKey),
  };
}

type SyncStatus = Awaited<ReturnType<typeof syncStatus>>;

export const status: Command = {
  name: 'status',
  usage: '',
  summary: 'How every sync stands: each record of each side in exactly one state, and how fresh each side is',
  example: 'trueup status --json',
  options: { sync: { type: 'string' } },
  optionHelp: { sync: 'only this sync' },
  run: (context) =>
    withInstallation(context, async (installation) => {
      const wanted = text(context.flags['sync']);
      // A misspelt name must not look like an empty installation.
      if (wanted !== undefined) await chooseSync(installation, wanted);
      const { syncs, connections, nowMs, webhooks } = await installation.transaction(async (tx) => {
        const rows = (await allSyncs(tx)).filter((row) => wanted === undefined || row.name === wanted);
        const found: SyncStatus[] = [];
        for (const row of rows) found.push(await syncStatus(tx, row));
        return {
          syncs: found,
          connections: await connectionStates(tx),
          webhooks: await webhookStates(tx),
          nowMs: tx.nowMs,
        };
      });
      const told = connections.map((one) => ({
        ...one,
        health: healthText(one, nowMs),
        webhook: webhooks.find(({ connection }) => connection === one.name) ?? null,
      }));
      context.output.json({ syncs, connections: told });
      show(context, syncs, nowMs);
      for (const one of told) {
        context.output.line(`connection ${one.name} (${one.system}): ${one.health}`);
        for (const quota of one.quotas) context.output.line(`  ${quotaText(quota, nowMs)}`);
        if (one.webhook !== null) context.output.line(`  ${webhookText(one.webhook, nowMs)}`);
      }
      const waits = syncs.some((sync) => sync.sides.some((side) => side.held + side.dead > 0));
      return waits ? EXIT.attention : EXIT.ok;
    }),
};

function show(context: CommandContext, syncs: readonly SyncStatus[], nowMs: number): void {
  const { output } = context;
  if (syncs.length === 0) output.line('No sync is known here yet. Run: trueup plan');
  for (const sync of syncs) {
    output.line(`${sync.sync}: ${modeText(sync.mode)}, revision ${String(sync.revision)}`);
    output.table(
      ['side', 'records', 'in sync', 'pending', 'held', 'dead', 'excluded', 'seen up to'],
      sync.sides.map((side) => [
        `  ${side.side}`,
        ...[side.records, side.inSync, side.pending, side.held, side.dead, side.excluded].map(count),
        freshness(sync, side.side, nowMs),
      ]),
    );
    showTrouble(output, sync, nowMs);
    for (const announcement of sync.announcements) showAnnouncement(output, announcement, nowMs);
    output.line();
  }
}

function modeText(mode: string): string {
  if (mode === 'observe') return 'observing, nothing is written (approve its plan with: trueup apply)';
  return mode === 'live' ? 'live' : 'paused';
}

function freshness(sync: SyncStatus, side: string, nowMs: number): string {
  const seen = Math.max(
    ...sync.streams.filter((stream) => stream.side === side).map((stream) => stream.currentAsOfMs ?? 0),
  );
  return seen > 0 ? `${duration(Math.max(0, nowMs - seen))} ago` : 'not yet';
}

function showTrouble(output: Output, sync: SyncStatus, nowMs: number): void {
  for (const stream of sync.streams) {
    if (stream.failure === null) continue;
    output.line(unreadText(stream.side, stream.failure.message, stream.dueMs - nowMs));
    if (stream.failure.advice !== undefined) output.line(`    ${stream.failure.advice}`);
  }
  showWaits(output, sync);
  for (const letter of sync.dead) {
    const what =
      letter.kind === 'read'
        ? `record ${letter.recordId ?? ''} of ${letter.side} cannot be read`
        : `${letter.kind} at ${letter.side} was refused`;
    output.line(`  ${what}: ${letter.failure.message}`);
    if (letter.failure.advice !== undefined) output.line(`    ${letter.failure.advice}`);
  }
}

/** Counted as pending above: nobody need do anything, unless what they wait for does not come. */
function showWaits(output: Output, { waits, longestWaits }: SyncStatus): void {
  const total = waits.reduce((sum, { count: some }) => sum + some, 0);
  if (total === 0) return;
  output.line(`  ${count(total)} ${total === 1 ? 'waits' : 'wait'} for another record:`);
  for (const wait of longestWaits) output.line(`    ${waitSentence(wait)}`);
  if (total > longestWaits.length) output.line(`    and ${count(total - longestWaits.length)} more`);
}

/** Messages hold no record up, and are no part of its state. */
function showAnnouncement(
  output: Output,
  { name, waiting, refused, againAtMs, failure }: AnnouncementVitals,
  nowMs: number,
): void {
  const again = againAtMs === null ? '' : `, told again in ${duration(Math.max(0, againAtMs - nowMs))}`;
  output.line(`  announcement ${name}: ${count(waiting)} to be told, ${count(refused)} refused${again}`);
  if (failure !== null) output.line(`    ${failure.message}`);
}
