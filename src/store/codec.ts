/** How the engine's state lies in jsonb columns: short, because there is one row per record. */
import type { Edit, Link, Rule, SentBody, Swing, Tombstone } from '../engine/state.ts';
import type { Values } from '../engine/value.ts';
import type { IdentityHold, StoredFailure } from './contract.ts';

type StoredEdit = readonly [
  seq: number,
  side: string,
  fromMs: number | null,
  untilMs: number,
  rule: Rule,
  fields: readonly string[],
  swing?: Swing,
];

/** Fields that changed together share one edit, so an identity holds few edits however many fields it has. */
export function packEdits(edits: Readonly<Record<string, Edit>>): readonly StoredEdit[] {
  const groups = new Map<Edit, string[]>();
  for (const field in edits) {
    const edit = edits[field];
    if (edit === undefined) continue;
    const fields = groups.get(edit);
    if (fields === undefined) groups.set(edit, [field]);
    else fields.push(field);
  }
  return [...groups].map(([{ seq, side, fromMs, untilMs, rule, swing }, fields]): StoredEdit =>
    swing === undefined
      ? [seq, side, fromMs, untilMs, rule, fields]
      : [seq, side, fromMs, untilMs, rule, fields, swing],
  );
}

export function unpackEdits(stored: readonly StoredEdit[]): Readonly<Record<string, Edit>> {
  const edits: Record<string, Edit> = {};
  for (const [seq, side, fromMs, untilMs, rule, fields, swing] of stored) {
    const edit: Edit = { seq, side, fromMs, untilMs, rule, ...(swing === undefined ? {} : { swing }) };
    for (const field of fields) edits[field] = edit;
  }
  return edits;
}

type StoredAgreed = number | Readonly<Record<string, number>>;

/** One number where every accounted field agreed at the same seq, which is nearly always. */
export function packAgreed(link: Link): StoredAgreed {
  let common: number | null = null;
  for (const field in link.accounted) {
    const seq = link.agreed[field] ?? 0;
    if (common !== null && common !== seq) return link.agreed;
    common = seq;
  }
  return common ?? 0;
}

export function unpackAgreed(stored: StoredAgreed, accounted: Values): Readonly<Record<string, number>> {
  if (typeof stored !== 'number') return stored;
  const agreed: Record<string, number> = {};
  for (const field in accounted) agreed[field] = stored;
  return agreed;
}

export interface LinkColumns {
  readonly side: string;
  readonly record_id: string;
  readonly status: Link['status'];
  readonly version: string | null;
  readonly as_of_ms: number;
  readonly looked_at_ms: number | null;
  readonly accounted: Values;
  readonly agreed: StoredAgreed;
  readonly sent: StoredSent | null;
}

/** What few records have, such as a correction or a reference, stands beside what was sent to it. */
type Rare = Pick<Link, 'sent' | 'corrected' | 'unread' | 'called' | 'stale' | 'isUnreadable'>;
type StoredSent = readonly SentBody[] | Rare;

function packSent({ sent, corrected, unread, called, stale, isUnreadable }: Link): StoredSent | null {
  const rare = { corrected, unread, called, stale, isUnreadable };
  const given = Object.entries(rare).filter(([, value]) => value !== undefined);
  if (given.length > 0) return { sent, ...Object.fromEntries(given) };
  return sent.length === 0 ? null : sent;
}

function unpackSent(stored: StoredSent | null): Rare {
  if (stored === null) return { sent: [] };
  return 'sent' in stored ? stored : { sent: stored };
}

export function packLink(link: Link): LinkColumns {
  return {
    side: link.side,
    record_id: link.recordId,
    status: link.status,
    version: link.version,
    as_of_ms: link.asOfMs,
    looked_at_ms: link.lookedAtMs,
    accounted: link.accounted,
    agreed: packAgreed(link),
    sent: packSent(link),
  };
}

export function unpackLink(row: LinkColumns): Link {
  return {
    side: row.side,
    recordId: row.record_id,
    status: row.status,
    version: row.version,
    asOfMs: row.as_of_ms,
    lookedAtMs: row.looked_at_ms,
    accounted: row.accounted,
    agreed: unpackAgreed(row.agreed, row.accounted),
    ...unpackSent(row.sent),
  };
}

export interface IdentityColumns {
  readonly identity_id: string;
  readonly seq: number;
  readonly golden: Values;
  readonly edits: readonly StoredEdit[];
  readonly tombstone: Tombstone | null;
}

/** Text for a jsonb parameter that may be null. */
export function failureText(failure: StoredFailure | null): string | null {
  return failure === null ? null : JSON.stringify(failure);
}

/** One hold as it is stored: what was seen, per side. */
export interface PackedHold extends Pick<IdentityHold, 'identityId' | 'side' | 'field' | 'reason'> {
  readonly seen: Readonly<Record<string, Values>>;
}

/** Holds of one identity, field and reason are one hold, which keeps all that any of them saw. */
export function packHolds(holds: readonly IdentityHold[]): readonly PackedHold[] {
  const packed = new Map<string, PackedHold>();
  for (const { identityId, side, field, reason, seen } of holds) {
    const key = JSON.stringify([identityId, reason, field]);
    const first = packed.get(key) ?? { identityId, side, field, reason, seen: {} };
    packed.set(key, { ...first, seen: { ...first.seen, [side]: { ...first.seen[side], ...seen } } });
  }
  return [...packed.values()];
}
