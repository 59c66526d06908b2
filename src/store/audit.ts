/** The audit trail: what people did, each entry sealed with the hash of the one before it. Only ever added to. */
import { createHash } from 'node:crypto';

import { canonicalJson, type JsonObject } from '../lib/json.ts';
import type { Tx } from './database.ts';

export interface Deed {
  /** Who: an address, or the name of somebody on the machine itself. */
  readonly by: string;
  /** What, in one dotted word: `hold.decided`. */
  readonly action: string;
  /** To what: the id or name of it. */
  readonly subject: string;
  /** Never a value of a record, never a secret. */
  readonly detail: JsonObject;
}

export interface AuditEntry extends Deed {
  readonly number: number;
  readonly atMs: number;
  /** Hexadecimal; covers this entry and, through the one before it, all earlier ones. */
  readonly hash: string;
}

const ADVISORY_LOCK = 7_283_542;
const NOTHING_BEFORE = '';

function hashOf(before: string, workspaceNo: number, entry: Omit<AuditEntry, 'hash'>): string {
  const { number, atMs, by, action, subject, detail } = entry;
  const text = canonicalJson({ workspaceNo, number, atMs, by, action, subject, detail });
  return createHash('sha256').update(`${before}\n${text}`).digest('hex');
}

/** Adds an entry in the transaction of what it tells of, so that neither is stored without the other. */
export async function audit(tx: Tx, workspaceNo: number, deed: Deed): Promise<AuditEntry> {
  // One after the other: each entry needs the hash of the one before it.
  await tx.query('select pg_advisory_xact_lock($1, $2)', [ADVISORY_LOCK, workspaceNo]);
  const [last] = await tx.query<{ number: string; hash: string }>(
    `select number, encode(hash, 'hex') as hash from audit_entries order by number desc limit 1`,
  );
  const number = Number(last?.number ?? 0) + 1;
  const unsealed = { ...deed, number, atMs: Math.floor(tx.nowMs) };
  const hash = hashOf(last?.hash ?? NOTHING_BEFORE, workspaceNo, unsealed);
  await tx.execute(
    `insert into audit_entries (workspace_no, number, at, by, action, subject, detail, hash)
     values ($1, $2, to_timestamp($3::float8 / 1000), $4, $5, $6, $7, decode($8, 'hex'))`,
    [
      workspaceNo,
      number,
      unsealed.atMs,
      deed.by,
      deed.action,
      deed.subject,
      JSON.stringify(deed.detail),
      hash,
    ],
  );
  return { ...unsealed, hash };
}

interface EntryColumns {
  readonly number: string;
  readonly at_ms: number;
  readonly by: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: JsonObject;
  readonly hash: string;
}

const COLUMNS = `number, extract(epoch from at)::float8 * 1000 as at_ms, by, action, subject, detail, encode(hash, 'hex') as hash`;

function entryOf({ number, at_ms: atMs, ...rest }: EntryColumns): AuditEntry {
  return { ...rest, number: Number(number), atMs: Math.round(atMs) };
}

/** The newest entries before `before`, newest first. */
export async function auditPage(
  tx: Tx,
  before: number | null,
  countMax: number,
): Promise<readonly AuditEntry[]> {
  const rows = await tx.query<EntryColumns>(
    `select ${COLUMNS} from audit_entries where ($1::bigint is null or number < $1) order by number desc limit $2`,
    [before, countMax],
  );
  return rows.map(entryOf);
}

/** What keeps the installation in order; an index finds the newest of each. */
export const UPKEEP = {
  backedUp: 'store.backedUp',
  backupChecked: 'store.backupChecked',
  forgotten: 'retention.forgotten',
} as const;

/** The newest entry of the kind; null before the first. */
export async function newestUpkeep(tx: Tx, kind: keyof typeof UPKEEP): Promise<AuditEntry | null> {
  const [row] = await tx.query<EntryColumns>(
    `select ${COLUMNS} from audit_entries where action = '${UPKEEP[kind]}' order by number desc limit 1`,
  );
  return row === undefined ? null : entryOf(row);
}

/** What checking the chain found. `brokenAt` is the first entry that is missing or is not what was sealed. */
export interface Verification {
  readonly entries: number;
  readonly brokenAt: number | null;
  /** To be kept elsewhere: only a head noted before shows that the end of the chain was cut off or all of it rewritten. */
  readonly head: { readonly number: number; readonly hash: string } | null;
}

const PAGE_ENTRIES = 1_000;

/** Follows the chain from its first entry to its last. `known` is a head that was noted earlier. */
export async function verifyAudit(
  tx: Tx,
  workspaceNo: number,
  known: { readonly number: number; readonly hash: string } | null,
): Promise<Verification> {
  let head: Verification['head'] = null;
  for (;;) {
    const rows: readonly EntryColumns[] = await tx.query<EntryColumns>(
      `select ${COLUMNS} from audit_entries where number > $1 order by number limit $2`,
      [head?.number ?? 0, PAGE_ENTRIES],
    );
    for (const entry of rows.map(entryOf)) {
      const due: number = (head?.number ?? 0) + 1;
      const isWhole: boolean =
        entry.number === due && entry.hash === hashOf(head?.hash ?? NOTHING_BEFORE, workspaceNo, entry);
      const isKnown = known?.number !== entry.number || known.hash === entry.hash;
      if (!isWhole || !isKnown) return { entries: due - 1, brokenAt: due, head };
      head = { number: entry.number, hash: entry.hash };
    }
    if (rows.length < PAGE_ENTRIES) break;
  }
  const entries = head?.number ?? 0;
  return { entries, brokenAt: known !== null && known.number > entries ? entries + 1 : null, head };
}
