/** Keeps one connection's tokens sealed, and gives one worker at a time the turn to renew them. */
import { backoffMs } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import type { Random } from '../lib/random.ts';
import type { Secret } from '../lib/secret.ts';
import { isStoreOutage, type Database, type Tx } from './database.ts';
import { openOrNull, type Sealer } from './seal.ts';
import { sealedPlace } from './sealed-places.ts';

/** Longer than a renewal with its second try takes; after that a worker that died holds nobody up. */
const TURN_SECONDS = 90;
const POLL_BASE_MS = 50;
const POLL_CAP_MS = 1_000;
const POLLS_MAX = 240;
const TURN_ID_BYTES = 16;

/** Where the tokens of one connection are. */
export interface TokenPlace {
  readonly database: Database;
  readonly workspaceNo: number;
  readonly sealer: Sealer;
  /** The name of a connection that is stored already. */
  readonly connection: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** Resolves to what is durably stored then: what it was given, or what somebody else stored since the turn had run out. */
export type SaveText = (next: Secret) => Promise<Secret>;

/**
 * One connection's tokens, as text. What was altered or sealed under another installation key counts as none: the way out
 * is the same, to authorise the connection again.
 */
export interface TokenRow {
  load(): Promise<Secret | null>;
  /**
   * Runs `work` with what is stored now, while no other worker has its turn. Null when others kept the turn for minutes:
   * `work` did not run.
   */
  renewing<T>(
    work: (stored: Secret | null, save: SaveText) => Promise<T>,
  ): Promise<{ readonly result: T } | null>;
}

/** What was read, and the version that it had. */
interface Known {
  readonly version: string;
  readonly text: Secret | null;
}

export function tokenRow(place: TokenPlace): TokenRow {
  return {
    load: async () => {
      const known = await within(place, (tx) => read(tx, place));
      return known?.text ?? null;
    },
    renewing: async (work) => {
      const turn = Buffer.from(place.random.bytes(TURN_ID_BYTES)).toString('hex');
      const known = await awaitTurn(place, turn);
      if (known === null) return null;
      try {
        return { result: await work(known.text, saveAfter(place, known)) };
      } finally {
        await endTurn(place, turn);
      }
    },
  };
}

function within<T>({ database, workspaceNo }: TokenPlace, action: (tx: Tx) => Promise<T>): Promise<T> {
  return database.transaction(workspaceNo, action);
}

async function awaitTurn(place: TokenPlace, turn: string): Promise<Known | null> {
  for (let polls = 1; polls <= POLLS_MAX; polls += 1) {
    const known = await within(place, (tx) => takeTurn(tx, place, turn));
    if (known !== null) return known;
    await place.clock.sleep(backoffMs(polls, POLL_BASE_MS, POLL_CAP_MS, place.random));
  }
  return null;
}

/** Each save stands on what the one before found: whoever is shown a newer text may replace it. */
function saveAfter(place: TokenPlace, first: Known): SaveText {
  let { version } = first;
  return async (next) => {
    const stands = await within(place, async (tx) =>
      (await replace(tx, place, version, next)) ? null : await read(tx, place),
    );
    version = stands?.version ?? String(BigInt(version) + 1n);
    return stands?.text ?? next;
  };
}

const COLUMNS = 'version, sealed, sealed_key, key_version';

interface Row {
  readonly version: string;
  readonly sealed: Buffer | null;
  readonly sealed_key: Buffer | null;
  readonly key_version: number | null;
}

async function read(tx: Tx, place: TokenPlace): Promise<Known | null> {
  const [row] = await tx.query<Row>(
    `select ${COLUMNS} from tokens where workspace_no = $1 and connection = $2`,
    keyOf(place),
  );
  return row === undefined ? null : opened(place, row);
}

/** Null while somebody else has it. */
async function takeTurn(tx: Tx, place: TokenPlace, turn: string): Promise<Known | null> {
  const [row] = await tx.query<Row>(
    `insert into tokens (workspace_no, connection, renewing_by, renewing_until)
     values ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
     on conflict (workspace_no, connection) do update
        set renewing_by = excluded.renewing_by, renewing_until = excluded.renewing_until
      where tokens.renewing_until is null or tokens.renewing_until < clock_timestamp()
     returning ${COLUMNS}`,
    [...keyOf(place), turn, TURN_SECONDS],
  );
  return row === undefined ? null : opened(place, row);
}

/** A turn that cannot be ended runs out by itself. */
async function endTurn(place: TokenPlace, turn: string): Promise<void> {
  await within(place, (tx) =>
    tx.execute(
      `update tokens set renewing_by = null, renewing_until = null
        where workspace_no = $1 and connection = $2 and renewing_by = $3`,
      [...keyOf(place), turn],
    ),
  ).catch((error: unknown) => {
    if (!isStoreOutage(error)) throw error;
  });
}

async function replace(tx: Tx, place: TokenPlace, version: string, next: Secret): Promise<boolean> {
  const { sealed, sealedKey, keyVersion } = place.sealer.seal(placeOf(place), next);
  const replaced = await tx.execute(
    `update tokens
        set sealed = $4, sealed_key = $5, key_version = $6, version = version + 1, changed_at = clock_timestamp()
      where workspace_no = $1 and connection = $2 and version = $3`,
    [...keyOf(place), version, sealed, sealedKey, keyVersion],
  );
  return replaced > 0;
}

function opened(place: TokenPlace, { version, sealed, sealed_key, key_version }: Row): Known {
  if (sealed === null || sealed_key === null || key_version === null) return { version, text: null };
  const kept = { sealed, sealedKey: sealed_key, keyVersion: key_version };
  return { version, text: openOrNull(place.sealer, placeOf(place), kept) };
}

function keyOf({ workspaceNo, connection }: TokenPlace): readonly unknown[] {
  return [workspaceNo, connection];
}

function placeOf({ workspaceNo, connection }: TokenPlace): string {
  return sealedPlace('tokens', workspaceNo, connection);
}
