/** Keeps the error logs of systems: one entry for each dead letter of the syncs that a connection takes part in. */
import type { Session } from '../connector/contract.ts';
import {
  ERROR_LOG_SETTING,
  type ErrorLog,
  type LoggedLetter,
  type SolvedLetter,
} from '../connector/error-log.ts';
import { ConnectorFailure, type Failure } from '../connector/failure.ts';
import { must } from '../lib/assert.ts';
import { allSyncs, connectionsNamed, connectionStates, type SyncRow } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import { noteLogState, noteTold, untoldLetters, type UntoldLetter } from '../store/logged-letters.ts';
import { stored } from '../worker/failures.ts';
import type { Log } from '../worker/runtime.ts';

/** Of one sync, each time: what is left over is told the next minute. */
const LETTERS_MAX = 1_000;

/** The installation, as far as the logs need it. */
export interface ErrorLogPlace {
  readonly workspaceNo: number;
  readonly log: Log;
  transaction<T>(action: (tx: Tx) => Promise<T>): Promise<T>;
  open(connection: string): Promise<Session>;
}

/** Tells every log that is switched on what it does not show yet. A log that cannot be told concerns nobody else. */
export async function keepErrorLogs(place: ErrorLogPlace): Promise<void> {
  const { syncs, connections } = await place.transaction(async (tx) => {
    const names = (await connectionStates(tx)).map(({ name }) => name);
    return { syncs: await allSyncs(tx), connections: await connectionsNamed(tx, names) };
  });
  for (const { name, settings } of connections) {
    if (settings[ERROR_LOG_SETTING] === undefined) continue;
    const own = syncs.filter(({ definition }) =>
      definition.sides.some(({ connection }) => connection === name),
    );
    const failure = await keepOne(place, name, own);
    if (failure !== null)
      place.log.warn(
        { connection: name, code: failure.code },
        'the error log of a system was not told everything',
      );
    await place.transaction((tx) =>
      noteLogState(tx, place.workspaceNo, name, failure === null ? null : stored(failure)),
    );
  }
}

interface News {
  readonly sync: SyncRow;
  readonly untold: readonly UntoldLetter[];
}

/** What went wrong; null where the log shows everything. Nothing to tell opens nothing. */
async function keepOne(
  place: ErrorLogPlace,
  connection: string,
  syncs: readonly SyncRow[],
): Promise<Failure | null> {
  const news = await place.transaction(async (tx) => {
    const found: News[] = [];
    for (const sync of syncs)
      found.push({ sync, untold: await untoldLetters(tx, connection, sync.syncKey, LETTERS_MAX) });
    return found.filter(({ untold }) => untold.length > 0);
  });
  if (news.length === 0) return null;
  let session: Session | null = null;
  try {
    session = await place.open(connection);
    const { errorLog } = session;
    if (errorLog === undefined) return null;
    return await tell(place, connection, errorLog, news);
  } catch (error) {
    if (!(error instanceof ConnectorFailure)) throw error;
    return error.failure;
  } finally {
    await session?.close();
  }
}

/** All syncs at once: a log takes many entries for the price of one. */
async function tell(
  place: ErrorLogPlace,
  connection: string,
  errorLog: ErrorLog,
  news: readonly News[],
): Promise<Failure | null> {
  const results = await errorLog.put(
    news.flatMap(({ sync, untold }) => untold.map((letter) => entryOf(sync, letter))),
  );
  const resultOf = new Map(results.map((result) => [result.key, result]));
  for (const { sync, untold } of news) {
    const ended = untold.map((one) => ({ ...one, result: resultOf.get(keyOf(sync, one)) }));
    const shown = ended.flatMap(({ letterId, digest, letter, result }) =>
      result?.kind === 'told' && letter !== null ? [{ letterId, digest, entryId: result.recordId }] : [],
    );
    const solved = ended
      .filter(({ letter, result }) => result?.kind === 'told' && letter === null)
      .map(({ letterId }) => letterId);
    await place.transaction((tx) => noteTold(tx, connection, sync.syncKey, shown, solved));
  }
  return results.findLast((result) => result.kind === 'failed')?.failure ?? null;
}

function keyOf({ syncKey }: SyncRow, { letterId }: UntoldLetter): string {
  return `${syncKey}-${letterId}`;
}

function entryOf(sync: SyncRow, untold: UntoldLetter): LoggedLetter | SolvedLetter {
  const { name, definition } = sync;
  const { letter, entryId } = untold;
  const key = keyOf(sync, untold);
  if (letter === null) return { kind: 'solved', key, recordId: must(entryId, 'what is solved was told') };
  const { state, side, kind: tried, recordId, tries, firstFailedMs, lastFailedMs, failure } = letter;
  const { code, message, advice = null, field = null } = failure;
  return {
    kind: 'letter',
    key,
    state,
    sync: name,
    side,
    collection: definition.sides.find((one) => one.name === side)?.collection ?? '',
    tried,
    recordId,
    code,
    message,
    advice,
    field,
    tries,
    firstFailedMs,
    lastFailedMs,
  };
}
