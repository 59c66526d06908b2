/** Seals anew, under the first key of the installation, what another key has sealed, while workers go on. */
import type { Database, Tx } from './database.ts';
import { openOrNull, type Sealer } from './seal.ts';
import { SEALED, SEALED_KINDS, sealedPlace, type SealedKind } from './sealed-places.ts';
import { allWorkspaces } from './workspaces.ts';

const PAGE_ROWS = 100;

/** A sealed value, by where it is. */
export interface SealedValue {
  readonly workspaceNo: number;
  /** By name. */
  readonly workspace: string;
  readonly kind: SealedKind;
  readonly name: string;
}

export interface Resealed {
  readonly sealedAnew: number;
  /** What was altered, or sealed under a key that is not here; it is left as it is. */
  readonly unopened: readonly SealedValue[];
  /** The signal came first: there may be more. */
  readonly isCutShort: boolean;
}

/** Of every workspace. A transaction for each value: broken off anywhere, what is done is done, and the rest is as it was. */
export async function resealAll(database: Database, sealer: Sealer, signal: AbortSignal): Promise<Resealed> {
  const unopened: SealedValue[] = [];
  let sealedAnew = 0;
  for await (const value of sealedUnderOthers(database, sealer)) {
    if (signal.aborted) return { sealedAnew, unopened, isCutShort: true };
    const outcome = await database.transaction(value.workspaceNo, (tx) => reseal(tx, sealer, value));
    if (outcome === 'sealedAnew') sealedAnew += 1;
    if (outcome === 'unopened') unopened.push(value);
  }
  return { sealedAnew, unopened, isCutShort: false };
}

/** A page at a time. */
async function* sealedUnderOthers(database: Database, { keyVersion }: Sealer): AsyncGenerator<SealedValue> {
  for (const { workspaceNo, name: workspace } of await database.transaction(0, allWorkspaces)) {
    for (const kind of SEALED_KINDS) {
      let page: readonly string[];
      let after = '';
      do {
        const from = after;
        page = await database.transaction(workspaceNo, (tx) => namesAfter(tx, kind, from, keyVersion));
        for (const name of page) yield { workspaceNo, workspace, kind, name };
        after = page.at(-1) ?? '';
      } while (page.length === PAGE_ROWS);
    }
  }
}

async function namesAfter(
  tx: Tx,
  kind: SealedKind,
  after: string,
  keyVersion: number,
): Promise<readonly string[]> {
  const { table, name } = SEALED[kind];
  const rows = await tx.query<{ name: string }>(
    `select ${name} as name from ${table} where key_version <> $1 and ${name} > $2 order by ${name} limit $3`,
    [keyVersion, after, PAGE_ROWS],
  );
  return rows.map((row) => row.name);
}

async function reseal(
  tx: Tx,
  sealer: Sealer,
  { workspaceNo, kind, name }: SealedValue,
): Promise<'sealedAnew' | 'unopened' | 'changedSince'> {
  const { table, name: column } = SEALED[kind];
  // The row's lock, so that what is opened here is what is replaced: whoever gives a secret or renews tokens meanwhile
  // comes before, and then this is theirs, or after, and then theirs stays.
  const [row] = await tx.query<{ sealed: Buffer; sealed_key: Buffer; key_version: number }>(
    `select sealed, sealed_key, key_version from ${table}
      where workspace_no = $1 and ${column} = $2 and key_version <> $3 for no key update`,
    [workspaceNo, name, sealer.keyVersion],
  );
  if (row === undefined) return 'changedSince';
  const place = sealedPlace(kind, workspaceNo, name);
  const { sealed, sealed_key: sealedKey, key_version: keyVersion } = row;
  const secret = openOrNull(sealer, place, { sealed, sealedKey, keyVersion });
  if (secret === null) return 'unopened';
  const anew = sealer.seal(place, secret);
  // Nothing else moves: under another version, what a worker gets that is renewing these tokens just now would count as
  // overtaken, and with it the only refresh token that still works would be lost.
  await tx.execute(
    `update ${table} set sealed = $3, sealed_key = $4, key_version = $5 where workspace_no = $1 and ${column} = $2`,
    [workspaceNo, name, anew.sealed, anew.sealedKey, anew.keyVersion],
  );
  return 'sealedAnew';
}
