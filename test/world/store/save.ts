/** src/store/save.ts in memory, but for what it saves of links and holds. */
import type { Identity } from '../../../src/engine/state.ts';
import { packEdits, unpackEdits } from '../../../src/store/codec.ts';
import type { NewWrite, Save, WriteKey } from '../../../src/store/contract.ts';
import { Collision } from '../../../src/store/database.ts';
import { scopeOf } from './control.ts';
import { asStored } from './document.ts';
import { closeHolds, openIdentityHolds, settleRecordHolds } from './holds.ts';
import { LONG_AGO, NEVER } from './instant.ts';
import { forgetLinks, saveLinks } from './links.ts';
import { pairKey, writeKey, type StoredWrite } from './rows.ts';
import { change, insert, upsert } from './statements.ts';
import type { Transaction } from './transaction.ts';
import { freeUnlinkedKeys } from './unlinked-keys.ts';

/** Of all that a batch can have it mostly has little, and hardly anything costs as much here as to wait for nothing. */
export async function save(tx: Transaction, revision: number, batch: Save): Promise<void> {
  const { newIdentities, changedIdentities, forgotten, links, decisions, journal } = batch;
  if (batch.freedKeys.length > 0) await freeKeys(tx, batch.freedKeys);
  if (batch.newKeys.length > 0) await insertKeys(tx, revision, batch.newKeys);
  if (newIdentities.length > 0) await insertIdentities(tx, newIdentities);
  if (changedIdentities.length > 0) await updateIdentities(tx, changedIdentities);
  if (forgotten.length > 0) await forgetLinks(tx, forgotten);
  await saveLinks(tx, links);
  if (batch.droppedWrites.length > 0) await dropWrites(tx, batch.droppedWrites);
  if (batch.openWrites.length > 0) await openWrites(tx, batch.openWrites);
  if (batch.changedWrites.length > 0) await changeWrites(tx, batch.changedWrites);
  if (batch.closedHolds.length > 0) await closeHolds(tx, batch.closedHolds);
  if (batch.holds.length > 0) await openIdentityHolds(tx, batch.holds);
  const settled = [...forgotten, ...links.map(({ link }) => ({ side: link.side, recordId: link.recordId }))];
  await settleRecordHolds(tx, settled);
  await freeUnlinkedKeys(tx, settled);
  if (decisions.length > 0) await insertDecisions(tx, revision, decisions);
  if (journal.length > 0) await insertJournal(tx, journal);
}

async function freeKeys(tx: Transaction, keys: Save['freedKeys']): Promise<void> {
  await tx.statement('save/freedKeys');
  const freed = new Set(keys.map(({ key, identityId }) => pairKey(identityId, key)));
  await change(
    tx,
    tx.tables.matchKeys.slotsOf(keys.map(({ key }) => key)),
    ({ key, identityId }) => freed.has(pairKey(identityId, key)),
    () => null,
  );
}

async function insertKeys(tx: Transaction, revision: number, keys: Save['newKeys']): Promise<void> {
  await tx.statement('save/newKeys');
  if (scopeOf(tx).revision !== revision) throw new Collision('the rules of keys have changed');
  const stored = await upsert(tx, tx.tables.matchKeys, keys, (found, key) =>
    found.identityId === key.identityId ? found : null,
  );
  if (stored < keys.length) throw new Collision('another worker has just linked the same thing');
}

/** By way of the codec, so that what it does not keep is lost here too. */
function identityRow({ id, seq, golden, edits, tombstone }: Identity): Identity {
  return {
    id,
    seq,
    golden: asStored(golden),
    edits: unpackEdits(asStored(packEdits(edits))),
    tombstone: asStored(tombstone),
  };
}

async function insertIdentities(tx: Transaction, identities: readonly Identity[]): Promise<void> {
  await tx.statement('save/newIdentities');
  for (const identity of identities) await insert(tx, tx.tables.identities, identityRow(identity));
}

async function updateIdentities(tx: Transaction, identities: readonly Identity[]): Promise<void> {
  await tx.statement('save/changedIdentities');
  const saved = new Map(identities.map((identity) => [identity.id, identity]));
  await change(
    tx,
    tx.tables.identities.slotsOf(saved.keys()),
    () => true,
    (identity) => identityRow(saved.get(identity.id) ?? identity),
  );
}

/** Writes nobody has sent, or whose last try is over. */
function isAtRest({ state }: StoredWrite): boolean {
  return state === 'planned' || state === 'queued' || state === 'held' || state === 'dead';
}

async function dropWrites(tx: Transaction, writes: readonly WriteKey[]): Promise<void> {
  await tx.statement('save/droppedWrites');
  await change(tx, tx.tables.writes.slotsOf(writes.map(writeKey)), isAtRest, () => null);
}

async function openWrites(tx: Transaction, writes: readonly NewWrite[]): Promise<void> {
  const drawn = tx.withIds(writes);
  await tx.statement('save/openWrites');
  const opened = drawn.map(([writeId, write]) => newWrite(tx, writeId, write));
  for (const write of opened) await insert(tx, tx.tables.writes, write);
}

function newWrite(
  tx: Transaction,
  writeId: string,
  { identityId, side, kind, state }: NewWrite,
): StoredWrite {
  return {
    identityId,
    side,
    writeId,
    kind,
    state,
    body: null,
    seq: null,
    recordId: null,
    ifVersion: null,
    attempts: 0,
    failure: null,
    plannedAtMs: tx.clockMs(),
    dueAtMs: state === 'held' ? NEVER : tx.clockMs(),
    firstSentAtMs: null,
    resolveAtMs: null,
    leaseEpoch: 0,
    leaseUntilMs: LONG_AGO,
  };
}

async function changeWrites(tx: Transaction, writes: readonly NewWrite[]): Promise<void> {
  await tx.statement('save/changedWrites');
  const changed = new Map(writes.map((write) => [writeKey(write), write]));
  await change(tx, tx.tables.writes.slotsOf(changed.keys()), isAtRest, (write) => {
    const { kind, state } = changed.get(writeKey(write)) ?? write;
    const isSameKind = kind === write.kind;
    return {
      ...write,
      kind,
      state,
      body: isSameKind ? write.body : null,
      seq: null,
      recordId: null,
      ifVersion: null,
      attempts: 0,
      failure: isSameKind ? write.failure : null,
      plannedAtMs: tx.clockMs(),
      dueAtMs: state === 'held' ? NEVER : tx.clockMs(),
    };
  });
}

async function insertDecisions(
  tx: Transaction,
  revision: number,
  decisions: Save['decisions'],
): Promise<void> {
  const drawn = tx.withIds(decisions);
  await tx.statement('save/decisions');
  for (const [decisionId, { identityId, field, rule, winner, loser }] of drawn) {
    const decision = { identityId, field, rule, winner: asStored(winner), loser: asStored(loser) };
    tx.append(tx.tables.decisions, { decisionId, revision, ...decision, decidedAtMs: tx.clockMs() });
  }
}

async function insertJournal(tx: Transaction, entries: Save['journal']): Promise<void> {
  await tx.statement('save/journal');
  for (const { identityId, side, recordId, kind, body } of entries) {
    const entry = { identityId, side, recordId, kind, body: asStored(body) };
    tx.append(tx.tables.journal, { ...entry, atMs: tx.clockMs() });
  }
}
