/** Tries an edited sync on what the store holds and on the records as they are now; stores and writes nothing. */
import type { CollectionDescription, Session } from '../../connector/contract.ts';
import { readRecord } from '../../engine/mapping.ts';
import { matchKeys } from '../../engine/match.ts';
import { newIdentity, newLink } from '../../engine/merge.ts';
import { compileSync, type SideModel, type SyncDefinition, type SyncModel } from '../../engine/model.ts';
import type { Bundle } from '../../engine/state.ts';
import { linkAt } from '../../engine/state.ts';
import type { NativeValue } from '../../engine/value.ts';
import { causedBy, withoutReferences, wouldBe, type RecordNow } from '../../engine/what-if.ts';
import { must } from '../../lib/assert.ts';
import type { Installation } from '../../server.ts';
import { readBundles } from '../../store/bundles.ts';
import type { SyncRow } from '../../store/control.ts';
import { sampleIdentities, sampleUnlinked } from '../../store/samples.ts';
import { syncTransaction } from '../../store/sync-transaction.ts';
import { count, Tally } from './tally.ts';

/** A side as it is open for the trial. */
export interface TrialSide {
  readonly session: Session;
  readonly description: CollectionDescription;
}

export interface Trial {
  readonly installation: Installation;
  readonly sync: SyncRow;
  /** The sync as it was edited. */
  readonly edited: SyncDefinition;
  /** By the names that the edited sync gives its sides. */
  readonly sides: ReadonlyMap<string, TrialSide>;
  readonly identitiesMax: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

export interface Tried {
  readonly tally: Tally;
  /** How many identities there are, of which `tally.identities` were tried. */
  readonly total: number;
  readonly model: SyncModel;
}

const IDENTITIES_PER_ROUND = 200;
const UNLINKED_MAX = 200;
/** Records of a side that is new to the sync, which are read to find those that are there already. */
const NEWCOMERS_MAX = 10_000;
const NEWCOMERS_PER_PAGE = 1_000;

export async function tryEdited(trial: Trial): Promise<Tried> {
  const { installation, sync, edited, identitiesMax, signal } = trial;
  const [before, after] = [sync.definition, edited].map((definition) =>
    compileSync(withoutReferences(definition)),
  );
  const models = { before: must(before, 'the present sync'), after: must(after, 'the edited sync') };
  const { identityIds, total } = await installation.transaction((tx) =>
    sampleIdentities(tx, sync.syncKey, identitiesMax),
  );
  const tally = new Tally();
  const newcomers = await findNewcomers(trial, models.after);
  for (let index = 0; index < identityIds.length; index += IDENTITIES_PER_ROUND) {
    signal.throwIfAborted();
    await tryRound(trial, models, tally, newcomers, identityIds.slice(index, index + IDENTITIES_PER_ROUND));
    trial.onProgress(tally.identities, identityIds.length);
  }
  for (const side of models.after.sides) await tryUnlinked(trial, models, tally, side);
  return { tally, total, model: models.after };
}

interface Models {
  readonly before: SyncModel;
  readonly after: SyncModel;
}

/** Records of sides that are new to the sync, by side and match key. */
type Newcomers = ReadonlyMap<string, ReadonlyMap<string, RecordNow>>;

async function tryRound(
  trial: Trial,
  models: Models,
  tally: Tally,
  newcomers: Newcomers,
  identityIds: readonly string[],
): Promise<void> {
  const { installation, sync } = trial;
  const { bundles, nowMs } = await installation.transaction(async (tx) => ({
    bundles: await readBundles(tx, sync.syncKey, identityIds),
    nowMs: tx.nowMs,
  }));
  const records = await recordsOf(trial, models, [...bundles.values()]);
  for (const bundle of bundles.values()) {
    const own = records.get(bundle.identity.id) ?? [];
    const found = foundFor(models.after, bundle, newcomers);
    const is = wouldBe(models.before, bundle, own, nowMs);
    const would = wouldBe(models.after, bundle, [...own, ...found], nowMs);
    tally.add(causedBy(is, would), [...own, ...found]);
  }
}

/** Every linked record as its system holds it now, by identity. */
async function recordsOf(
  trial: Trial,
  models: Models,
  bundles: readonly Bundle[],
): Promise<ReadonlyMap<string, readonly RecordNow[]>> {
  const records = new Map<string, RecordNow[]>();
  for (const side of models.after.sides) {
    const links = bundles.flatMap((bundle) => {
      const link = linkAt(bundle, side.name);
      return link?.status === 'live' ? [{ identityId: bundle.identity.id, recordId: link.recordId }] : [];
    });
    const ids = links.map(({ recordId }) => recordId);
    const natives = await lookUp(trial, models, side, ids);
    for (const { identityId, recordId } of links) {
      const found = natives.get(recordId);
      if (found === undefined) continue;
      const own = records.get(identityId) ?? [];
      own.push({ side: side.name, recordId, natives: found });
      records.set(identityId, own);
    }
  }
  return records;
}

type Natives = ReadonlyMap<string, NativeValue>;

/** Records that are not there, or are kept from us, are left out: the edit is not what makes the difference. */
async function lookUp(
  trial: Trial,
  models: Models,
  side: SideModel,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Natives>> {
  const { session, description } = must(trial.sides.get(side.name), 'every side of the edited sync is open');
  const fields = fieldsFor(models, side, description);
  const found = new Map<string, Natives>();
  const perCall = description.card.getBatchMax;
  for (let index = 0; index < ids.length; index += perCall) {
    const looks = await session.get(side.collection, ids.slice(index, index + perCall), fields);
    for (const look of looks) if (look.kind === 'found') found.set(look.record.id, look.record.fields);
  }
  return found;
}

/** What either sync reads there, as far as the system has it. */
function fieldsFor(
  { before }: Models,
  side: SideModel,
  description: CollectionDescription,
): readonly string[] {
  const known = new Set(description.fields.map(({ name }) => name));
  const old = before.sideOf.get(side.name)?.natives ?? [];
  return [...new Set([...old, ...side.natives])].filter((name) => known.has(name));
}

async function findNewcomers(trial: Trial, after: SyncModel): Promise<Newcomers> {
  const newcomers = new Map<string, ReadonlyMap<string, RecordNow>>();
  const known = new Set(trial.sync.definition.sides.map(({ name }) => name));
  for (const side of after.sides) {
    if (known.has(side.name)) continue;
    const { session } = must(trial.sides.get(side.name), 'every side of the edited sync is open');
    const byKey = new Map<string, RecordNow>();
    const { collection, natives: fields } = side;
    const request = {
      collection,
      fields,
      resume: null,
      pageRecordsMax: NEWCOMERS_PER_PAGE,
      signal: trial.signal,
    };
    let seen = 0;
    for await (const page of session.readAll(request)) {
      for (const { id, fields: natives } of page.records) {
        const reading = readRecord(side, natives);
        const keys = reading.kind === 'values' ? matchKeys(after, reading.values) : [];
        for (const key of keys) byKey.set(key, { side: side.name, recordId: id, natives });
      }
      seen += page.records.length;
      if (seen >= NEWCOMERS_MAX) break;
    }
    newcomers.set(side.name, byKey);
  }
  return newcomers;
}

function foundFor(after: SyncModel, bundle: Bundle, newcomers: Newcomers): readonly RecordNow[] {
  if (newcomers.size === 0) return [];
  const keys = matchKeys(after, bundle.identity.golden);
  return [...newcomers.values()].flatMap((byKey) => {
    const record = keys.map((key) => byKey.get(key)).find((found) => found !== undefined);
    return record === undefined ? [] : [record];
  });
}

/** Records that take no part, or could not be read, may do so now: each is found again, or is something new. */
async function tryUnlinked(trial: Trial, models: Models, tally: Tally, side: SideModel): Promise<void> {
  const { installation, sync } = trial;
  const { recordIds } = await installation.transaction((tx) =>
    sampleUnlinked(tx, sync.syncKey, side.name, UNLINKED_MAX),
  );
  const found = await lookUp(trial, models, side, recordIds);
  const old = models.before.sideOf.get(side.name);
  for (const [recordId, natives] of found) {
    const reading = readRecord(side, natives);
    const was = old === undefined ? null : readRecord(old, natives);
    if (reading.kind !== 'values' || was?.kind === 'values') continue;
    count(tally.joining, side.name);
    const keys = matchKeys(models.after, reading.values);
    const { matched, nowMs } = await installation.transaction(async (tx) => ({
      matched: await syncTransaction(tx, sync, installation.ids).identitiesByKey(keys),
      nowMs: tx.nowMs,
    }));
    if (matched.size > 0) continue;
    const record = { side: side.name, recordId, natives };
    const identity = newIdentity('what-if');
    const bundle: Bundle = { identity, links: [newLink(side.name, recordId)], writes: [], holds: [] };
    tally.addParts(wouldBe(models.after, bundle, [record], nowMs), [record]);
  }
}
