import * as fc from 'fast-check';

import { idsIn } from '../../../../src/engine/references.ts';
import type { HoldReason, Identity, Link, LinkStatus, Rule } from '../../../../src/engine/state.ts';
import type { NewWrite, Save } from '../../../../src/store/contract.ts';
import {
  field,
  IDENTITIES,
  identityId,
  lookMs,
  MINUTE_MS,
  PAST_MS,
  rarely,
  recordId,
  RECORDS,
  side,
  SIDES,
  sorted,
  step,
  values,
  version,
  type Notes,
  type Step,
  type StoreTx,
} from './step.ts';

const rule = fc.constantFrom<Rule>('first', 'latest', 'hold');
const claim = fc.record({ side, value: fc.constantFrom(null, 'x', ['a']) });
const edit = fc.record({
  seq: fc.nat(3),
  side,
  fromMs: fc.option(fc.constant(PAST_MS)),
  untilMs: fc.constant(PAST_MS + 1),
  rule,
});
const tombstone = fc.record({
  side,
  recordId,
  atMs: fc.constant(PAST_MS),
  evidence: fc.constantFrom('feed' as const, 'lookup' as const),
});
const identity: fc.Arbitrary<Identity> = fc
  .record({
    id: identityId,
    seq: fc.nat(3),
    golden: values,
    editOf: fc.dictionary(field, edit, { maxKeys: 2, noNullPrototype: true }),
    isShared: fc.boolean(),
    tombstone: fc.option(tombstone, { freq: 3 }),
  })
  .map(({ editOf, isShared, ...drawn }) => {
    const [first] = Object.values(editOf);
    const edits = Object.fromEntries(
      Object.entries(editOf).map(([name, own]) => [name, isShared ? (first ?? own) : own]),
    );
    return { ...drawn, edits };
  });

const agreed = fc.dictionary(field, fc.nat(2), { maxKeys: 2, noNullPrototype: true });
const sentBody = fc.record({ seq: fc.nat(2), body: values, expiresAtMs: fc.constant(PAST_MS) });
const correction = fc.record({ turns: fc.nat(3), atMs: fc.constant(PAST_MS) });
const identityLink = fc.record({
  identityId,
  isOdd: rarely(8),
  stampedMs: fc.option(fc.constant(PAST_MS)),
  metBeforeMs: fc.option(fc.constantFrom(0, MINUTE_MS)),
  link: fc.record({
    side,
    recordId,
    status: fc.constantFrom<LinkStatus>('live', 'live', 'live', 'hidden', 'gone', 'returned'),
    version,
    corrected: fc.option(fc.dictionary(field, correction, { maxKeys: 2, noNullPrototype: true }), {
      freq: 1,
    }),
    unread: fc.option(fc.constantFrom({ account: 'r1' }, { owners: ['r1', 'r2'] }), { freq: 1 }),
    isLookedAt: fc.boolean(),
    isRecent: rarely(6),
    accounted: values,
    agreed,
    sent: fc.array(sentBody, { maxLength: 1 }),
  }),
});

type DrawnLink = Omit<Link, 'asOfMs' | 'lookedAtMs' | 'corrected' | 'unread'> & {
  readonly corrected: Required<Link>['corrected'] | null;
  readonly unread: Required<Link>['unread'] | null;
  readonly isLookedAt: boolean;
  readonly isRecent: boolean;
};

/** Mostly the record that goes with the identity, so that records and identities do not all get in each other's way. */
function linkFrom(
  tx: StoreTx,
  notes: Notes,
  drawn: {
    readonly identityId: string;
    readonly isOdd: boolean;
    readonly stampedMs: number | null;
    readonly metBeforeMs: number | null;
    readonly link: DrawnLink;
  },
): Save['links'][number] {
  const { isLookedAt, isRecent, corrected, unread, ...link } = drawn.link;
  const usual = RECORDS[IDENTITIES.indexOf(drawn.identityId)] ?? link.recordId;
  const asOfMs = isRecent ? tx.nowMs + MINUTE_MS * notes.next() : lookMs(notes);
  return {
    identityId: drawn.identityId,
    refers: [...new Set(Object.values(link.accounted).flatMap(idsIn))],
    ...(drawn.stampedMs === null ? {} : { stampedMs: drawn.stampedMs }),
    ...(drawn.metBeforeMs === null ? {} : { metMs: asOfMs - drawn.metBeforeMs }),
    link: {
      ...link,
      ...(corrected === null ? {} : { corrected }),
      ...(unread === null ? {} : { unread }),
      recordId: drawn.isOdd ? link.recordId : usual,
      asOfMs,
      lookedAtMs: isLookedAt ? asOfMs : null,
    },
  };
}

const write = fc.record({
  identityId,
  side,
  kind: fc.constantFrom<NewWrite['kind']>('create', 'update', 'delete'),
  state: fc.constantFrom<NewWrite['state']>('queued', 'queued', 'planned', 'held'),
});
const reason = fc.constantFrom<HoldReason>('conflict', 'deletion');
const heldFor = { identityId, side, seen: values };
const hold = fc.oneof(
  { weight: 3, arbitrary: fc.record({ ...heldFor, field: fc.option(field), reason }) },
  {
    weight: 1,
    arbitrary: fc.record({
      ...heldFor,
      field: fc.constant(null),
      reason: fc.constant<HoldReason>('ambiguousMatch'),
    }),
  },
);
const closedHold = fc.record({
  identityId,
  field: fc.option(field),
  reason,
  by: fc.constant('ann'),
  resolution: fc.constantFrom('take', 'keep'),
});
const KEYS = ['email=a', 'email=b', 'email=c'];
const anyKey = fc.constantFrom(...KEYS);
const key = fc
  .record({ key: anyKey, identityId, isOdd: rarely(8) })
  .map(({ key: odd, identityId: owner, isOdd }) => ({
    key: isOdd ? odd : (KEYS[IDENTITIES.indexOf(owner)] ?? odd),
    identityId: owner,
  }));
const body = fc.constantFrom({ values: { name: 'x' } }, { nothing: null, count: 0.5 }, {});
const entry = fc.record({
  identityId: fc.option(identityId),
  side,
  recordId: fc.option(recordId),
  kind: fc.constantFrom('changed', 'linked'),
  body,
});
const decision = fc.record({ identityId, field, rule, winner: claim, loser: claim });

function few<T>(of: fc.Arbitrary<T>, selector: (drawn: T) => string): fc.Arbitrary<readonly T[]> {
  return fc.uniqueArray(of, { maxLength: 2, selector });
}

const past = fc.record(
  {
    identityId,
    accounted: values,
    agreed: fc.constantFrom({}, { name: 3 }),
    sent: fc.array(values, { maxLength: 1 }),
  },
  { requiredKeys: ['identityId', 'accounted', 'agreed'] },
);

const batch = fc.record({
  identities: few(identity, ({ id }) => id),
  isNew: rarely(),
  freedKeys: fc.array(key, { maxLength: 1 }),
  newKeys: few(key, (drawn) => drawn.key),
  links: few(identityLink, ({ link, ...drawn }) => `${drawn.identityId} ${link.side}`),
  forgotten: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.record({ side, recordId, past }, { requiredKeys: ['side', 'recordId'] })),
    },
  ),
  // One at a time: rows of one statement may be due at the same microsecond, and then come in any order.
  writes: fc.array(write, { maxLength: 1 }),
  droppedWrites: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.tuple(fc.record({ identityId, side })) },
  ),
  decisions: fc.array(decision, { maxLength: 2 }),
  holds: fc.array(hold, { maxLength: 2 }),
  closedHolds: few(closedHold, (drawn) => `${drawn.identityId} ${drawn.reason} ${drawn.field ?? ''}`),
  journal: fc.array(entry, { maxLength: 2 }),
});
type Drawn = typeof batch extends fc.Arbitrary<infer Batch> ? Batch : never;

/** What is known already is changed and the rest made anew, as the engine would do it; rarely the other way round. */
async function saveFrom(
  tx: StoreTx,
  notes: Notes,
  { identities, isNew, links, writes, forgotten, ...same }: Drawn,
): Promise<Save> {
  const isKnown = (id: string): boolean => notes.identities.has(id) !== isNew;
  const isOpen = (drawn: NewWrite): boolean =>
    notes.writes.has(`${drawn.identityId} ${drawn.side}`) !== isNew;
  const save: Save = {
    ...same,
    newIdentities: identities.filter(({ id }) => !isKnown(id)),
    changedIdentities: identities.filter(({ id }) => isKnown(id)),
    links: links.map((link) => linkFrom(tx, notes, link)),
    forgotten: await forgottenFrom(tx, forgotten, isNew),
    openWrites: writes.filter((drawn) => !isOpen(drawn)),
    changedWrites: writes.filter(isOpen),
  };
  return save;
}

/** Whose the record is, as the engine would know it; rarely nobody's, whosever it is. */
async function forgottenFrom(
  tx: StoreTx,
  drawn: Drawn['forgotten'],
  isNobodys: boolean,
): Promise<Save['forgotten']> {
  const [record] = drawn;
  if (record === undefined) return [];
  const known = (await tx.recordsOf(record.side, [record.recordId])).get(record.recordId);
  if (known === undefined) return [];
  return [{ ...record, identityId: isNobodys ? null : known.identityId }];
}

function note(notes: Notes, save: Save): void {
  for (const { id } of save.newIdentities) notes.identities.add(id);
  for (const drawn of save.droppedWrites) notes.writes.delete(`${drawn.identityId} ${drawn.side}`);
  for (const drawn of save.openWrites) notes.writes.add(`${drawn.identityId} ${drawn.side}`);
}

export const saveStep: fc.Arbitrary<Step> = step('save', batch, async (tx, drawn, notes) => {
  const save = await saveFrom(tx, notes, drawn);
  await tx.save(save);
  note(notes, save);
});

/** A batch that leaves nothing behind. */
export const EMPTY_SAVE: Save = {
  newIdentities: [],
  changedIdentities: [],
  newKeys: [],
  links: [],
  freedKeys: [],
  forgotten: [],
  openWrites: [],
  changedWrites: [],
  droppedWrites: [],
  decisions: [],
  holds: [],
  closedHolds: [],
  journal: [],
};

function linkOf(tx: StoreTx, notes: Notes, id: string, at: string): Save['links'][number] {
  const accounted = { name: 'x', city: null };
  const seen = {
    side: at,
    recordId: '',
    status: 'live',
    version: 'v1',
    accounted,
    agreed: {},
    sent: [],
  } as const;
  return linkFrom(tx, notes, {
    identityId: id,
    isOdd: false,
    stampedMs: null,
    metBeforeMs: null,
    link: { ...seen, corrected: null, unread: null, isLookedAt: true, isRecent: false },
  });
}

/** Something to begin with: every identity, with records, writes in the state and hints at both sides. */
export function populate(state: NewWrite['state']): Step {
  const text = `populate ${state}`;
  return { text, run: (tx, notes) => populateAll(tx, notes, state), [fc.toStringMethod]: () => text };
}

export const populateStep: fc.Arbitrary<Step> = fc
  .constantFrom<NewWrite['state']>('queued', 'queued', 'planned', 'held')
  .map(populate);

async function populateAll(tx: StoreTx, notes: Notes, state: NewWrite['state']): Promise<void> {
  const newIdentities = IDENTITIES.map((id) => ({ id, seq: 1, golden: {}, edits: {}, tombstone: null }));
  const links = SIDES.flatMap((at) => IDENTITIES.map((id) => linkOf(tx, notes, id, at)));
  const newKeys = IDENTITIES.map((id, index) => ({ identityId: id, key: KEYS[index] ?? '' }));
  const saves: Save[] = [{ ...EMPTY_SAVE, newIdentities, links, newKeys }];
  for (const at of SIDES)
    for (const id of IDENTITIES)
      saves.push({ ...EMPTY_SAVE, openWrites: [{ identityId: id, side: at, kind: 'update', state }] });
  for (const save of saves) {
    await tx.save(save);
    note(notes, save);
  }
  for (const at of SIDES)
    for (const id of RECORDS)
      await tx.noteHints(at, [{ recordId: id, kind: 'changed', dueInMs: -MINUTE_MS * notes.next() }]);
}

export const keySteps: readonly fc.Arbitrary<Step>[] = [
  step('identitiesByKey', fc.uniqueArray(anyKey), async (tx, keys) =>
    Object.fromEntries(await tx.identitiesByKey(keys)),
  ),
  step(
    'clashesOf',
    fc.record({ side, identityIds: fc.uniqueArray(identityId) }),
    async (tx, { side: at, identityIds }) =>
      sorted(await tx.clashesOf(at, identityIds), (clash) => clash.recordId),
  ),
];
