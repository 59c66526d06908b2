/**
 * Announces delivered changes: a message to a system for each, at least once, beside the sync and never in its way. What a
 * system does not take waits here and holds nothing up.
 */
import type { WriteRequest, WriteResult } from '../connector/contract.ts';
import { ConnectorFailure, type Failure } from '../connector/failure.ts';
import type { AnnounceDefinition, Told } from '../engine/model.ts';
import type { Value } from '../engine/value.ts';
import {
  claimAnnouncements,
  deferAnnouncements,
  endAnnouncements,
  type Announcement,
} from '../store/announcements.ts';
import { stored } from './failures.ts';
import { ANNOUNCE_AGAIN_CAP_MS, ANNOUNCE_BATCH_MAX, RETRY_BASE_MS, SENT_LEASE_MS } from './limits.ts';
import { outageWaitMs } from './retry.ts';
import type { Outlet, SyncRuntime } from './runtime.ts';

/** Sends what is due. Returns how many messages it took from the queue. */
export async function announceBatch(runtime: SyncRuntime, outlet: Outlet): Promise<number> {
  const { syncKey, name: sync } = runtime;
  const { name } = outlet.definition;
  const due = await outlet.transaction((tx) =>
    claimAnnouncements(tx, syncKey, name, ANNOUNCE_BATCH_MAX, SENT_LEASE_MS),
  );
  if (due.length === 0) return 0;
  const results = await send(runtime, outlet, due);
  const taken: string[] = [];
  const deferred: Deferral[] = [];
  for (const [index, announcement] of due.entries()) {
    const result = results[index];
    if (result?.kind === 'written') taken.push(announcement.announcementId);
    else deferred.push(deferral(runtime, announcement, result?.failure ?? NO_RESULT));
  }
  await outlet.transaction(async (tx) => {
    await endAnnouncements(tx, syncKey, taken);
    await deferAnnouncements(tx, syncKey, deferred);
  });
  const [first] = deferred;
  if (first !== undefined)
    runtime.log.warn(
      { sync, announcement: name, count: deferred.length, code: first.failure.code },
      'announcements were not taken',
    );
  // Those that wait are due again at a time of their own.
  return taken.length;
}

const NO_RESULT: Failure = {
  kind: 'unknownOutcome',
  code: 'trueup.no_result',
  message: 'the connector gave no result for this announcement',
};

async function send(
  { model }: SyncRuntime,
  outlet: Outlet,
  due: readonly Announcement[],
): Promise<readonly WriteResult[]> {
  const { definition } = outlet;
  const requests = due.map((announcement) => requestOf(definition, model.entity, announcement));
  try {
    const session = await outlet.session();
    return await session.write(definition.collection, requests);
  } catch (error) {
    if (!(error instanceof ConnectorFailure)) throw error;
    const { failure } = error;
    return requests.map(({ key }) => ({ kind: 'failed', key, failure }));
  }
}

type Deferral = Parameters<typeof deferAnnouncements>[2][number];

/** Told again after a lost answer too: who hears it twice tells by its id. */
function deferral(
  { random }: SyncRuntime,
  { announcementId, refusals }: Announcement,
  failure: Failure,
): Deferral {
  const isRefused = failure.kind === 'invalid' || failure.kind === 'permanent';
  const dueInMs = isRefused ? refusedWaitMs(refusals) : outageWaitMs(failure, OUTAGE_ATTEMPT, random);
  return { announcementId, failure: stored(failure), isRefused, dueInMs };
}

/** As long as a write waits that met an outage. */
const OUTAGE_ATTEMPT = 3;

/** Nothing of chance in it: what was refused together is told again together, in as few requests. */
function refusedWaitMs(refusals: number): number {
  return Math.min(ANNOUNCE_AGAIN_CAP_MS, RETRY_BASE_MS * 2 ** refusals);
}

function requestOf(
  { fields, about }: AnnounceDefinition,
  entity: string,
  announcement: Announcement,
): WriteRequest {
  return {
    key: announcement.announcementId,
    kind: 'create',
    recordId: null,
    ifVersion: null,
    fields: new Map([
      ...fields.map(({ native, field }) => [native, plain(announcement.golden[field] ?? null)] as const),
      ...about.map(({ native, tells }) => [native, toldOf(tells, entity, announcement)] as const),
    ]),
  };
}

/** A message has no lists. */
function plain(value: Value): Exclude<Value, readonly string[]> {
  return Array.isArray(value) ? value.join(';') : (value as Exclude<Value, readonly string[]>);
}

function toldOf(tells: Told, entity: string, announcement: Announcement): string | null {
  switch (tells) {
    case 'id':
      return announcement.announcementId;
    case 'entity':
      return entity;
    case 'change':
      return announcement.change;
    case 'side':
      return announcement.side;
    case 'record':
      return announcement.recordId;
    case 'fields':
      return announcement.fields.join(';');
    case 'at':
      return new Date(announcement.notedAtMs).toISOString();
  }
}
