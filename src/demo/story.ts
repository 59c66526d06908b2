/** What happens in the demo: edits as people make them on three sides, each followed to its end and told record by record. */
import { readFile } from 'node:fs/promises';

import { must } from '../lib/assert.ts';
import type { Clock } from '../lib/clock.ts';
import type { Json } from '../lib/json.ts';
import type { SyncRow } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import { decisionsSince, journalSince, type DecisionRow, type JournalRow } from '../store/history.ts';
import { countStates, deadLetters } from '../store/status.ts';
import { editSheet, type DemoWorld } from './world.ts';

/** What the story needs of the installation it is told of. */
export interface Stage {
  readonly clock: Clock;
  readonly sync: SyncRow;
  nowMs(): Promise<number>;
  transaction<T>(action: (tx: Tx) => Promise<T>): Promise<T>;
}

export interface Scene {
  readonly title: string;
  readonly act: (world: DemoWorld) => Promise<unknown>;
  /** True when what the act leads to has happened everywhere; null when it is to lead to nothing elsewhere. */
  readonly isDone: ((world: DemoWorld) => Promise<boolean>) | null;
}

async function one(client: DemoWorld['crm'], statement: string): Promise<unknown> {
  const result = await client.query({ text: statement, rowMode: 'array' });
  return (result.rows[0] as readonly unknown[] | undefined)?.[0];
}

export const SCENES: readonly Scene[] = [
  {
    title:
      'Sales changes a phone number in the CRM while accounting corrects the city of the same customer in billing: both edits survive',
    act: async ({ crm, billing }) => {
      await crm.query(`update contact set phone = '+44 20 5550 2000' where email = 'ada@brightmill.example'`);
      await billing.query(`update customer set town = 'Leeds' where mail = 'ada@brightmill.example'`);
    },
    isDone: async ({ crm, billing }) =>
      (await one(crm, `select city from contact where email = 'ada@brightmill.example'`)) === 'Leeds' &&
      (await one(billing, `select phone from customer where mail = 'ada@brightmill.example'`)) ===
        '+44 20 5550 2000',
  },
  {
    title: 'Someone adds a customer to the spreadsheet and saves it',
    act: async (world) =>
      editSheet(world, '4,Cedar', '20,Fjord Boats,liv@fjordboats.example,+47 5550 111,Bergen,,\n4,Cedar'),
    isDone: async ({ crm, billing }) =>
      (await one(crm, `select count(*)::int from contact where email = 'liv@fjordboats.example'`)) === 1 &&
      (await one(billing, `select count(*)::int from customer where mail = 'liv@fjordboats.example'`)) === 1,
  },
  {
    title:
      'A VAT number is changed in the spreadsheet, but billing owns it: the sheet is corrected and the overruled value kept',
    act: (world) => editSheet(world, 'GB555001001', 'GB000000000'),
    isDone: async (world) => (await sheetText(world)).includes('GB555001001'),
  },
  {
    title: 'The CRM deletes a customer. Its change log proves it, so billing deletes it too',
    act: ({ crm }) => crm.query(`delete from contact where email = 'wei@jadecourt.example'`),
    isDone: async ({ billing }) =>
      (await one(billing, `select count(*)::int from customer where mail = 'wei@jadecourt.example'`)) === 0,
  },
  {
    title:
      'A broken e-mail address is typed into the spreadsheet: that row waits for a person, all others go on',
    act: (world) => editSheet(world, 'sam@cedarsons.example', 'sam at cedarsons'),
    isDone: null,
  },
];

/** What the story leaves to be found and solved. */
export const WAITING: readonly string[] = [
  'The CRM and billing call one customer by different names, and only a person may say which is right (Review).',
  'The spreadsheet has a broken e-mail address (Problems say where); put it right in the sheet, and it goes on by itself.',
];

async function sheetText(world: DemoWorld): Promise<string> {
  return readFile(world.sheetFile, 'utf8');
}

/** Far more than any machine needs: only what will never happen is given up. */
const SCENE_WAIT_MS = 90_000;
const LOOK_EVERY_MS = 50;
const QUIET_MS = 1_500;
const ENTRIES_MAX = 100;

/** Plays a scene, waits until it has happened everywhere, and gives the lines that tell it. */
export async function playScene(stage: Stage, world: DemoWorld, scene: Scene): Promise<readonly string[]> {
  const startMs = await stage.nowMs();
  await scene.act(world);
  const begunMs = stage.clock.monotonicMs();
  while (scene.isDone !== null && !(await scene.isDone(world))) {
    if (stage.clock.monotonicMs() - begunMs > SCENE_WAIT_MS)
      throw new Error(`the demo got stuck: ${scene.title}`);
    await stage.clock.sleep(LOOK_EVERY_MS);
  }
  const tookMs = stage.clock.monotonicMs() - begunMs;
  await quiet(stage);
  const lines = await stage.transaction(async (tx) => {
    const journal = await journalSince(tx, stage.sync.syncKey, startMs, ENTRIES_MAX);
    const decisions = await decisionsSince(tx, stage.sync.syncKey, startMs, ENTRIES_MAX);
    const dead = await deadLetters(tx, stage.sync.syncKey, ENTRIES_MAX);
    return [
      ...journal.map(journalLine),
      ...decisions.map(decisionLine),
      ...dead.map((letter) => `waits: ${letter.side} ${letter.recordId ?? ''}: ${letter.failure.message}`),
    ];
  });
  return scene.isDone === null
    ? lines
    : [...lines, `(done everywhere after ${String(Math.round(tookMs))} ms)`];
}

/** Until nothing is pending for a moment, so that the story is told to its end. */
async function quiet(stage: Stage): Promise<void> {
  const begunMs = stage.clock.monotonicMs();
  let quietSinceMs = begunMs;
  for (;;) {
    const counts = await stage.transaction((tx) =>
      countStates(
        tx,
        stage.sync.syncKey,
        stage.sync.definition.sides.map((side) => side.name),
      ),
    );
    const nowMs = stage.clock.monotonicMs();
    if (counts.some((side) => side.pending > 0)) quietSinceMs = nowMs;
    if (nowMs - quietSinceMs >= QUIET_MS || nowMs - begunMs > SCENE_WAIT_MS) return;
    await stage.clock.sleep(LOOK_EVERY_MS);
  }
}

interface Body {
  readonly fields?: Readonly<Record<string, readonly [Json, Json, string]>>;
  readonly values?: Readonly<Record<string, Json>>;
  readonly write?: string;
  readonly message?: string;
}

function journalLine(row: JournalRow): string {
  const body = must(row.body, 'a journal entry has a body') as unknown as Body;
  const record = `${row.side} ${row.recordId ?? ''}`.trim();
  const fields = Object.entries(body.fields ?? {}).map(
    ([field, [before, after]]) => `${field} ${word(before)} → ${word(after)}`,
  );
  const values = Object.entries(body.values ?? {}).map(([field, value]) => `${field} ${word(value)}`);
  switch (row.kind) {
    case 'changed':
      return `seen at ${record}: ${fields.length === 0 ? 'an edit that does not stand' : fields.join(', ')}`;
    case 'linked':
      return `new at ${record}: ${values.join(', ')}`;
    case 'written':
      return `${body.write ?? 'write'} at ${record}${values.length === 0 ? '' : `: ${values.join(', ')}`}`;
    case 'deleted':
      return `deleted at ${record}, by evidence`;
    default:
      return `${row.kind} at ${record}${body.message === undefined ? '' : `: ${body.message}`}`;
  }
}

function decisionLine(decision: DecisionRow): string {
  const { field, winner, loser, rule } = decision;
  return `decided: ${field} ${word(winner.value)} (${winner.side}) stands, ${word(loser.value)} (${loser.side}) is kept as overruled — rule ${rule}`;
}

function word(value: Json): string {
  return value === null ? '(empty)' : typeof value === 'string' ? value : JSON.stringify(value);
}
