/** One identity and everything that ever happened to it. */
import type { z } from '@hono/zod-openapi';

import { readBundles } from '../../store/bundles.ts';
import type { StoredBundle } from '../../store/contract.ts';
import type { SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { attemptsOf, decisionsOf, journalOf } from '../../store/history.ts';
import { openHolds } from '../../store/holds.ts';
import { recordsOfIdentities } from '../../store/listing.ts';
import { toldWaits, type ToldWait } from '../../store/told-waits.ts';
import { at, failureOf } from '../shapes/common.ts';
import type { Journey } from '../shapes/records.ts';
import { attemptSentence, changesOf, decisionSentence, journalSentence, valuesOf } from '../words/step.ts';
import { titleOf } from '../words/title.ts';
import { needsPerson, waitSentence } from '../words/wait.ts';
import { holdViews } from './holds.ts';

const ENTRIES_MAX = 500;

type JourneyShape = z.infer<typeof Journey>;
type StepShape = JourneyShape['timeline'][number];

/** Null when the sync has no such identity. */
export async function journeyView(tx: Tx, sync: SyncRow, identityId: string): Promise<JourneyShape | null> {
  const { syncKey, definition } = sync;
  const bundle = (await readBundles(tx, syncKey, [identityId])).get(identityId);
  if (bundle === undefined) return null;
  const { identity } = bundle;
  const known = await recordsOfIdentities(tx, [syncKey], [identityId]);
  const holds = await openHolds(tx, syncKey, identityId, ENTRIES_MAX);
  const { tombstone } = identity;
  return {
    sync: sync.name,
    identity: identity.id,
    title: titleOf(definition, identity.golden),
    tombstone:
      tombstone === null
        ? null
        : {
            side: tombstone.side,
            recordId: tombstone.recordId,
            at: at(tombstone.atMs),
            evidence: tombstone.evidence,
          },
    fields: definition.fields.map(({ name }) => fieldView(bundle, name)),
    records: bundle.links.map(({ side, recordId, status, version, asOfMs, lookedAtMs }) => ({
      side,
      recordId,
      status,
      version,
      asOf: at(asOfMs),
      lookedAt: at(lookedAtMs),
      failure: failureOf(
        known.find((record) => record.side === side && record.recordId === recordId)?.failure ?? null,
      ),
    })),
    writes: bundle.writes.map(({ side, kind, state, attempts }) => ({ side, kind, state, attempts })),
    holds: await holdViews(
      tx,
      [sync],
      holds.map((hold) => ({ ...hold, syncKey })),
    ),
    waits: (await toldWaits(tx, sync, identityId, ENTRIES_MAX)).map(waitView),
    timeline: await timelineOf(tx, syncKey, identityId),
  };
}

function waitView(wait: ToldWait): JourneyShape['waits'][number] {
  const { kind, side, field, sinceMs, parent, reason } = wait;
  return {
    kind,
    side,
    field,
    since: at(sinceMs),
    sentence: waitSentence(wait),
    reason: reason.kind,
    needsPerson: needsPerson(reason),
    waitsFor: parent,
  };
}

function fieldView({ identity, links }: StoredBundle, name: string): JourneyShape['fields'][number] {
  const edit = identity.edits[name];
  return {
    name,
    golden: identity.golden[name] ?? null,
    edit:
      edit === undefined
        ? null
        : { side: edit.side, fromAt: at(edit.fromMs), untilAt: at(edit.untilMs), rule: edit.rule },
    sides: Object.fromEntries(
      links.flatMap((link) => {
        const value = link.accounted[name];
        return value === undefined ? [] : [[link.side, value]];
      }),
    ),
  };
}

async function timelineOf(tx: Tx, syncKey: string, identityId: string): Promise<readonly StepShape[]> {
  const journal = await journalOf(tx, syncKey, identityId, ENTRIES_MAX);
  const decisions = await decisionsOf(tx, syncKey, identityId, ENTRIES_MAX);
  const attempts = await attemptsOf(tx, syncKey, identityId, ENTRIES_MAX);
  const plain = { recordId: null, changes: [], values: {}, failure: null };
  const steps = [
    ...journal.map((row) => ({
      atMs: row.atMs,
      step: {
        kind: row.kind,
        side: row.side,
        recordId: row.recordId,
        sentence: journalSentence(row),
        changes: changesOf(row),
        values: valuesOf(row),
        failure: null,
      },
    })),
    ...decisions.map((row) => ({
      atMs: row.atMs,
      step: {
        ...plain,
        kind: 'decision',
        side: row.winner.side,
        sentence: decisionSentence(row),
        changes: [{ field: row.field, before: row.loser.value, after: row.winner.value, rule: row.rule }],
      },
    })),
    ...attempts.map((row) => ({
      atMs: row.atMs,
      step: {
        ...plain,
        kind: row.outcome,
        side: row.side,
        sentence: attemptSentence(row),
        failure: failureOf(row.failure),
      },
    })),
  ];
  return steps
    .toSorted((left, right) => left.atMs - right.atMs)
    .map(({ atMs, step }) => ({ at: at(atMs), ...step }));
}
