/** Commands asked of a server elsewhere instead of this folder's installation: `--server URL`, TRUEUP_TOKEN. */
import { hc } from 'hono/client';

import type { Api } from '../api/app.ts';
import { systemClock } from '../lib/clock.ts';
import { counted } from '../lib/counted.ts';
import { CommandFailed, EXIT, type CommandContext } from './command.ts';
import { unreadText } from './connection-words.ts';
import { wordsOf } from './open.ts';
import { count, duration } from './output.ts';
import { bodyOf, syncMeant, type Client, type Remote } from './remote/asking.ts';
import { DOING } from './remote/doing.ts';
import { reconcileThere } from './remote/reconciling.ts';
import { alerts, collectors } from './remote/telling.ts';
import { show } from './trace.ts';

const SHOWING: ReadonlyMap<string, Remote> = new Map([
  ['status', status],
  ['trace', trace],
  ['blame', blame],
  ['holds', holds],
  ['problems', problems],
  ['deadletters', letters],
  ['match', matches],
  ['test-record', testRecord],
  ['reconcile', reconcileThere],
  ['alerts', alerts],
  ['collectors', collectors],
]);
/** Of these the words say what is shown; of the others the first one says what is done. */
const OF_WORDS: ReadonlySet<string> = new Set(['trace', 'blame', 'test-record', 'reconcile']);
/** The commands that can be asked of a server elsewhere. */
export const REMOTE_NAMES: readonly string[] = [...new Set([...SHOWING.keys(), ...DOING.keys()])];
const ANSWER_WAIT_MS = 60_000;
/** These read every side. */
const READING: ReadonlySet<string> = new Set(['plan', 'reconcile']);
const READING_WAIT_MS = 60 * 60_000;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Runs the command of this name against the server; what the token may do there, the server says. */
export async function runRemote(name: string, server: string, context: CommandContext): Promise<number> {
  const remote = remoteOf(name, context.words[0]);
  const origin = originOf(server);
  const token = context.environment['TRUEUP_TOKEN'] ?? '';
  if (token === '')
    throw new CommandFailed('TRUEUP_TOKEN is not set', {
      exitCode: EXIT.wrongInput,
      advice: 'Make a token in the settings of the console, and set it in the environment.',
    });
  const over = new AbortController();
  const late = systemClock.sleep(READING.has(name) ? READING_WAIT_MS : ANSWER_WAIT_MS, over.signal);
  const signal = AbortSignal.any([context.signal, abortAfter(late)]);
  try {
    return await remote(
      context,
      hc<Api>(origin, { headers: { authorization: `Bearer ${token}` }, init: { signal } }),
    );
  } catch (error) {
    if (error instanceof CommandFailed) throw error;
    throw new CommandFailed(`${origin} cannot be reached`, {
      advice: 'Is it running, and is the address right?',
    });
  } finally {
    over.abort();
  }
}

function remoteOf(name: string, verb: string | undefined): Remote {
  const verbs = DOING.get(name) ?? {};
  const showing = verb === undefined || verb === 'list' || OF_WORDS.has(name) ? SHOWING.get(name) : undefined;
  const remote = showing ?? (Object.hasOwn(verbs, verb ?? '') ? verbs[verb ?? ''] : undefined);
  if (remote !== undefined) return remote;
  const known = Object.keys(verbs).filter((word) => word !== '');
  throw new CommandFailed(`${name}${verb === undefined ? '' : ` ${verb}`} does not do that with --server`, {
    exitCode: EXIT.wrongInput,
    advice:
      known.length > 0
        ? `From afar it has: ${known.join(', ')}.`
        : `From afar there are: ${REMOTE_NAMES.join(', ')}. For the rest, use the console.`,
  });
}

/** The name of a server may come with a path; a token must not travel where others can read it. */
function originOf(server: string): string {
  const url = URL.canParse(server) ? new URL(server) : null;
  if (
    url !== null &&
    (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname)))
  )
    return url.origin;
  throw new CommandFailed('--server must be an https address, or http on this machine', {
    exitCode: EXIT.wrongInput,
    advice: 'Such as https://trueup.example.com',
  });
}

function abortAfter(wait: Promise<void>): AbortSignal {
  const late = new AbortController();
  wait.then(
    () => late.abort(),
    () => late.abort(),
  );
  return late.signal;
}

async function status({ output }: CommandContext, client: Client): Promise<number> {
  const overview = await bodyOf(client.api.v1.overview.$get());
  output.json(overview);
  for (const sync of overview.syncs) {
    output.line(`${sync.name}: ${sync.mode}, revision ${String(sync.revision)}`);
    output.table(
      ['side', 'records', 'in sync', 'pending', 'held', 'dead', 'excluded', 'seen up to'],
      sync.sides.map(({ name, counts, lagMs }) => [
        `  ${name}`,
        ...(['records', 'inSync', 'pending', 'held', 'dead', 'excluded'] as const).map((state) =>
          counts === null ? '?' : count(counts[state]),
        ),
        lagMs === null ? 'not yet' : `${duration(lagMs)} ago`,
      ]),
    );
    for (const { name, failure, nextTryAt } of sync.sides)
      if (failure !== null && nextTryAt !== null)
        output.line(unreadText(name, failure.message, Date.parse(nextTryAt) - systemClock.nowMs()));
  }
  for (const { name, system, state, reason } of overview.connections)
    if (state !== 'connected')
      output.line(`connection ${name} (${system}): ${state} — ${reason ?? 'not opened yet'}`);
  const { holds: held, heldWrites, dead } = overview.waiting;
  return held + heldWrites + dead > 0 ? EXIT.attention : EXIT.ok;
}

async function journeyOf(context: CommandContext, client: Client) {
  const [side = '', id = ''] = wordsOf(context, ['SIDE', 'ID']);
  const name = await syncMeant(context, client);
  const record = await bodyOf(
    client.api.v1.syncs[':name'].sides[':side'].records[':id'].$get({ param: { name, side, id } }),
  );
  if (record.identity === null)
    throw new CommandFailed(
      `${side} ${id}: ${record.status}${record.failure === null ? '' : ` — ${record.failure.message}`}`,
    );
  return bodyOf(client.api.v1.records[':identity'].$get({ param: { identity: record.identity } }));
}

async function trace(context: CommandContext, client: Client): Promise<number> {
  const journey = await journeyOf(context, client);
  const { output } = context;
  output.json(journey);
  output.line(
    `identity ${journey.identity}${journey.tombstone === null ? '' : `, deleted at ${journey.tombstone.side}`}`,
  );
  output.table(
    ['field', 'golden', ...journey.records.map(({ side, recordId }) => `${side} ${recordId}`)],
    journey.fields.map(({ name, golden, sides }) => [
      name,
      show(golden),
      ...journey.records.map(({ side }) => show(sides[side])),
    ]),
  );
  for (const { side, kind, state } of journey.writes) output.line(`open write: ${kind} at ${side}, ${state}`);
  for (const { at, sentence } of journey.timeline) output.line(`${at}  ${sentence}`);
  return EXIT.ok;
}

async function blame(context: CommandContext, client: Client): Promise<number> {
  const [, , name = ''] = wordsOf(context, ['SIDE', 'ID', 'FIELD']);
  const journey = await journeyOf(context, client);
  const field = journey.fields.find((known) => known.name === name);
  if (field?.edit == null)
    throw new CommandFailed(`the entity has no value for ${name}`, {
      exitCode: EXIT.wrongInput,
      advice: `Its fields: ${journey.fields.map((known) => known.name).join(', ')}`,
    });
  const rulings = journey.timeline.filter(
    ({ kind, changes }) => kind === 'decision' && changes.some((change) => change.field === name),
  );
  const { output } = context;
  output.json({ field: name, value: field.golden, edit: field.edit, decisions: rulings });
  output.line(`${name} = ${show(field.golden)}`);
  output.line(`  put there at ${field.edit.side}, before ${field.edit.untilAt}, by rule ${field.edit.rule}`);
  for (const { at, sentence } of rulings) output.line(`  ${at} ${sentence}`);
  return EXIT.ok;
}

async function holds({ output }: CommandContext, client: Client): Promise<number> {
  const open = await bodyOf(client.api.v1.holds.$get({ query: { limit: '200' } }));
  output.json(open);
  for (const { id, sync, sentence, openedAt } of open.items)
    output.line(`${id}  ${sync}: ${sentence} Since ${openedAt}`);
  if (open.items.length === 0) output.line('Nothing is held.');
  return open.items.length === 0 ? EXIT.ok : EXIT.attention;
}

async function problems({ output }: CommandContext, client: Client): Promise<number> {
  const found = await bodyOf(client.api.v1.problems.$get({ query: {} }));
  output.json(found);
  for (const { id, code, side, sync, records, message, advice } of found.items) {
    output.line(
      `${id}  ${code} at ${side} in ${sync}: ${records === 0 ? 'the whole side' : counted(records, 'record')}`,
    );
    output.line(`  ${message}`);
    if (advice !== null) output.line(`  ${advice}`);
  }
  if (found.items.length === 0) output.line('No problem is known.');
  return found.items.length === 0 ? EXIT.ok : EXIT.attention;
}

async function letters({ output }: CommandContext, client: Client): Promise<number> {
  const found = await bodyOf(client.api.v1['dead-letters'].$get({ query: { limit: '200' } }));
  output.json(found);
  for (const { id, sync, side, kind, recordId, tries, failure } of found.items) {
    output.line(
      `${id.slice(0, 12)}  ${kind} ${recordId ?? 'of a new record'} at ${side} in ${sync}, ${counted(tries, 'try', 'tries')}`,
    );
    output.line(`  ${failure.code}: ${failure.message}`);
  }
  if (found.items.length === 0) output.line('There are no such letters.');
  return found.items.length === 0 ? EXIT.ok : EXIT.attention;
}

async function matches({ output }: CommandContext, client: Client): Promise<number> {
  const open = await bodyOf(client.api.v1.matches.$get({ query: { limit: '200' } }));
  output.json(open);
  for (const { id, sync, sentence } of open.items) output.line(`${id}  ${sync}: ${sentence}`);
  if (open.items.length === 0) output.line('Nothing waits to be matched.');
  return open.items.length === 0 ? EXIT.ok : EXIT.attention;
}

async function testRecord(context: CommandContext, client: Client): Promise<number> {
  const [side = '', id = ''] = wordsOf(context, ['SIDE', 'ID']);
  const param = { name: await syncMeant(context, client), side, id };
  const told = await bodyOf(client.api.v1.syncs[':name'].sides[':side'].records[':id'].test.$post({ param }));
  const { output } = context;
  output.json({ sync: param.name, side, recordId: id, ...told });
  output.line(told.verdict);
  for (const { what, side: at, says, code } of told.steps)
    output.line(`${code === null ? 'ok' : '!!'}  ${what} ${at}: ${says}`);
  for (const part of told.culprit?.parts ?? []) output.line(`  It is ${part}.`);
  return told.isWell ? EXIT.ok : EXIT.attention;
}
