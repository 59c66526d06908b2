/** Syncs and connections as the store has them, in the shapes of the API. */
import type { z } from '@hono/zod-openapi';

import { connectors } from '../../connectors/registry.ts';
import { usedUpAtMs, type Quota } from '../../store/connection-health.ts';
import { allConnections, connectionLimits } from '../../store/connections.ts';
import {
  connectionStates,
  secretNames,
  type ConnectionState,
  type Setting,
  type SyncRow,
} from '../../store/control.ts';
import type { Counted, OwedState } from '../../store/counted.ts';
import type { Tx } from '../../store/database.ts';
import { streamStates, type StreamState } from '../../store/status.ts';
import { webhookStates, type WebhookState } from '../../store/webhooks.ts';
import { hookPath } from '../hook-path.ts';
import { at, failureOf } from '../shapes/common.ts';
import type { Connection, Side, Sync } from '../shapes/status.ts';

const NOTHING_OWED: Readonly<Record<OwedState, number>> = {
  planned: 0,
  queued: 0,
  sent: 0,
  unknown: 0,
  held: 0,
  dead: 0,
};

/** One sync with all its sides, by the counts that were taken last. */
export async function syncView(
  tx: Tx,
  sync: SyncRow,
  systems: ReadonlyMap<string, string>,
  counted: Counted | undefined,
): Promise<z.infer<typeof Sync>> {
  const { name, definition, mode, revision, approvedUntilMs, syncKey } = sync;
  const streams = await streamStates(tx, syncKey);
  return {
    name,
    entity: definition.entity,
    mode,
    revision,
    approvedUntil: at(approvedUntilMs === 0 ? null : approvedUntilMs),
    sides: definition.sides.map((side) => ({
      name: side.name,
      connection: side.connection,
      system: systems.get(side.connection) ?? '',
      collection: side.collection,
      ...countsOf(counted, side.name),
      ...freshness(
        streams.filter((stream) => stream.side === side.name),
        tx.nowMs,
      ),
    })),
  };
}

type SideShape = z.infer<typeof Side>;

function countsOf(
  counted: Counted | undefined,
  side: string,
): Pick<SideShape, 'counts' | 'countedAt' | 'owed' | 'waits'> {
  const found = counted?.sides.find((one) => one.side === side);
  if (counted === undefined || found === undefined)
    return { counts: null, countedAt: null, owed: NOTHING_OWED, waits: 0 };
  const { records, inSync, pending, held, dead, excluded, owed, waits = 0 } = found;
  return {
    counts: { records, inSync, pending, held, dead, excluded },
    countedAt: at(counted.countedMs),
    owed,
    waits,
  };
}

/** Both ways of reading a side make it known: the later of them says up to when. */
function freshness(
  streams: readonly StreamState[],
  nowMs: number,
): Pick<SideShape, 'currentAsOf' | 'lagMs' | 'lastAttemptAt' | 'lastSuccessAt' | 'failure' | 'nextTryAt'> {
  const currentMs = newest(streams.map((stream) => stream.currentAsOfMs));
  const failing = streams.filter((stream) => stream.failure !== null);
  return {
    currentAsOf: at(currentMs),
    lagMs: currentMs === null ? null : Math.max(0, nowMs - currentMs),
    lastAttemptAt: at(newest(streams.map((stream) => stream.lastAttemptMs))),
    lastSuccessAt: at(newest(streams.map((stream) => stream.lastSuccessMs))),
    failure: failureOf(failing[0]?.failure ?? null),
    nextTryAt: at(failing.length === 0 ? null : Math.min(...failing.map(({ dueMs }) => dueMs))),
  };
}

function newest(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.max(...known);
}

const ADVICE: Readonly<Record<string, string>> = {
  new: 'Try it; where the system asks a person for consent, authorise it first.',
  reauthorise: 'Authorise it again, here or with trueup connect. What is owed waits.',
  unreachable:
    'Nothing is lost: it is tried again by itself. See whether the system is up and its address right.',
  misconfigured: 'Correct its settings, then try it.',
};

/** Every connection, without any secret: of those only the names are known here. */
export async function connectionViews(
  tx: Tx,
  syncs: readonly SyncRow[],
): Promise<readonly z.infer<typeof Connection>[]> {
  const rows = new Map((await allConnections(tx)).map((row) => [row.name, row]));
  const stored = new Set(await secretNames(tx));
  const limits = await connectionLimits(tx);
  const webhooks = await webhookStates(tx);
  return (await connectionStates(tx)).map((state) => ({
    name: state.name,
    system: state.system,
    title: connectors.get(state.system)?.title ?? state.system,
    state: state.state as z.infer<typeof Connection>['state'],
    reason: state.reason,
    advice: ADVICE[state.state] ?? null,
    since: at(state.sinceMs),
    lastSuccessAt: at(state.lastSuccessMs),
    asksConsent: connectors.get(state.system)?.consent !== undefined,
    settings: Object.entries(rows.get(state.name)?.settings ?? {}).map(([name, setting]) =>
      settingView(state.system, name, setting, stored),
    ),
    usedBy: syncs.flatMap((sync) =>
      sync.definition.sides
        .filter((side) => side.connection === state.name)
        .map((side) => ({ sync: sync.name, side: side.name })),
    ),
    limits: limits
      .filter(({ connectionKey }) => isKeyOf(connectionKey, state.name))
      .map(({ limitName, unitsMax, units, pausedUntilMs }) => ({
        name: limitName,
        unitsMax,
        units,
        pausedUntil: at(pausedUntilMs > tx.nowMs ? pausedUntilMs : null),
      })),
    throttled: throttledView(state, tx.nowMs),
    quotas: state.quotas.map(quotaView),
    webhook: webhookView(webhooks.find(({ connection }) => connection === state.name)),
  }));
}

function throttledView(
  { throttledUntilMs, throttledReason }: ConnectionState,
  nowMs: number,
): z.infer<typeof Connection>['throttled'] {
  if (throttledUntilMs === null || throttledUntilMs <= nowMs) return null;
  return { until: at(throttledUntilMs), reason: throttledReason };
}

function webhookView(state: WebhookState | undefined): z.infer<typeof Connection>['webhook'] {
  if (state === undefined) return null;
  const { workspace, connection, tellings, refusals } = state;
  return {
    path: hookPath(workspace, connection),
    tellings: tellings.map(({ collection, toldMs }) => ({ collection, toldAt: at(toldMs) })),
    refusals:
      refusals === null
        ? null
        : {
            count: refusals.count,
            since: at(refusals.sinceMs),
            lastAt: at(refusals.lastMs),
            why: refusals.why,
          },
  };
}

function quotaView(quota: Quota): z.infer<typeof Connection>['quotas'][number] {
  const { limit, max, used, atMs } = quota;
  return { limit, max, used, at: at(atMs), usedUpAt: at(usedUpAtMs(quota)) };
}

/** What a connector calls a secret is not shown even where somebody wrote it into the file. */
function settingView(
  system: string,
  name: string,
  setting: Setting,
  stored: ReadonlySet<string>,
): z.infer<typeof Connection>['settings'][number] {
  if (typeof setting !== 'string')
    return { name, value: null, secret: setting.secretName, isStored: stored.has(setting.secretName) };
  const described = connectors.get(system)?.settings.find((known) => known.name === name);
  return { name, value: described?.secret === false ? setting : null, secret: null, isStored: true };
}

const KEY_TAIL = /^_[0-9a-f]{8}$/;

/** Budgets are kept under the connection's name and a mark of the installation (src/connections.ts). */
function isKeyOf(connectionKey: string, name: string): boolean {
  const head = name.replaceAll(/[^a-z0-9_]/g, '_');
  return connectionKey.startsWith(head) && KEY_TAIL.test(connectionKey.slice(head.length));
}
