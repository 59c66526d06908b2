/** What chance hardly ever arranges: two transactions that meet, or one that goes a long way. */
import type { Link } from '../../../../src/engine/state.ts';
import type { Save, StoredFailure } from '../../../../src/store/contract.ts';
import { EMPTY_SAVE } from './save-steps.ts';
import type { Script } from './script.ts';
import { HOUR_MS, IDENTITIES, newNotes, PAST_MS, WRITE_IDS, type Step, type StoreTx } from './step.ts';

export interface Case {
  readonly title: string;
  readonly scripts: readonly Script[];
  /** How often a call waits for the other transaction. */
  readonly waits: number;
}

const [ONE = '', TWO = ''] = IDENTITIES;
const [WRITE_ID = ''] = WRITE_IDS;
const AT_CRM = { identityId: ONE, side: 'crm' };

function call(text: string, run: (tx: StoreTx) => Promise<unknown>): Step {
  return { text, run };
}

function save(text: string, change: Partial<Save>): Step {
  return call(text, (tx) => tx.save({ ...EMPTY_SAVE, ...change }));
}

function script(...steps: readonly Step[]): Script {
  return { steps, commits: true };
}

function rolledBack(...steps: readonly Step[]): Script {
  return { steps, commits: false };
}

function linkTo(identityId: string, recordId: string, asOfMs = PAST_MS): Step {
  const link: Link = {
    side: 'crm',
    recordId,
    status: 'live',
    version: null,
    asOfMs,
    lookedAtMs: null,
    accounted: {},
    agreed: {},
    sent: [],
  };
  return save(`link ${recordId}`, { links: [{ identityId, link }] });
}

const DROP = save('drop', { droppedWrites: [AT_CRM] });
const REOPEN = save('open anew', { openWrites: [{ ...AT_CRM, kind: 'create', state: 'queued' }] });

function send(kind: 'create' | 'update'): Step {
  const intent = { ...AT_CRM, epoch: 1, kind, body: {}, seq: 1, recordId: null, ifVersion: null };
  return call(`send ${kind}`, (tx) => tx.sendWrites([intent], HOUR_MS));
}

const SEND = send('create');
function end(
  ending: { readonly to: 'acknowledged' } | { readonly to: 'dead'; readonly failure: StoredFailure },
): Step {
  return call(`end ${ending.to}`, async (tx) => {
    const [write] = (await tx.lockBundles([ONE])).get(ONE)?.writes ?? [];
    const { writeId = WRITE_ID } = write ?? {};
    return tx.endWrites([{ ...AT_CRM, writeId, epoch: 1, kind: 'create', ...ending }]);
  });
}

const END = end({ to: 'acknowledged' });
const HOLD = { identityId: ONE, field: null, reason: 'deletion' } as const;
const CLAIM = call('claim', (tx) => tx.claimQueued('crm', 1_000).then((ids) => ids.toSorted()));
const FORGET = save('forget', { forgotten: [{ side: 'crm', recordId: 'r1', identityId: ONE }] });

function openHold(side: string): Step {
  return save(`hold ${side}`, { holds: [{ ...HOLD, side, seen: { name: side } }] });
}

const CLOSE_HOLD = save('close', { closedHolds: [{ ...HOLD, by: 'ann', resolution: 'keep' }] });

function lock(ifLocked: 'wait' | 'skip'): Step {
  return call(`lock ${ifLocked}`, async (tx) => [...(await tx.lockBundles([ONE, TWO], ifLocked)).keys()]);
}

const FAILURE = { kind: 'transient', code: 'test.busy', message: 'busy' };

function release(failure: typeof FAILURE | null): Step {
  const lease = {
    side: 'crm',
    kind: 'changes',
    epoch: 1,
    checkpoint: null,
    runId: null,
    currentAsOfMs: null,
    followedSinceMs: null,
    attempts: 0,
  } as const;
  return call('release', (tx) => tx.releaseStream(lease, 0, failure));
}

const LEASE = call('lease', (tx) => tx.leaseStream('crm', 'changes', HOUR_MS));
const BURY_HINTS = call('bury', async (tx) => {
  const hints = await tx.claimHints('crm', 1_000, HOUR_MS);
  await tx.deferHints('crm', hints, { dueInMs: HOUR_MS, failure: FAILURE, dead: true });
});
const NOTE = call('note', (tx) => tx.noteHints('crm', [{ recordId: 'r1', kind: 'missing' }]));
const BURY_WRITE = end({ to: 'dead', failure: FAILURE });
const REPLAN = save('replan', { changedWrites: [{ ...AT_CRM, kind: 'update', state: 'planned' }] });
const APPROVE_MOVED = call('approve', async (tx) => {
  const plan = await tx.sealPlan();
  await linkTo(ONE, 'r1', plan.sealedAtMs + HOUR_MS).run(tx, newNotes());
  return tx.approvePlan(plan, 'ann');
});

/** The first script makes its first call, the second makes its first, and so on in turns. */
export const CASES: readonly Case[] = [
  {
    title: 'a stream that was read again has failed no times',
    scripts: [script(LEASE, release(FAILURE), release(null))],
    waits: 0,
  },
  {
    title: 'a dead hint that is noted again has failed no times',
    scripts: [script(BURY_HINTS, NOTE)],
    waits: 0,
  },
  {
    title: 'a dead write that is planned again has failed no times',
    scripts: [script(SEND, BURY_WRITE, REPLAN)],
    waits: 0,
  },
  { title: 'a plan is approved but for what has moved', scripts: [script(REPLAN, APPROVE_MOVED)], waits: 0 },
  {
    title: 'a write that is dropped and opened anew is not the one that was to be sent',
    scripts: [script(DROP, REOPEN), script(SEND, END)],
    waits: 1,
  },
  { title: 'a write that is dropped is not sent', scripts: [script(DROP), script(SEND, END)], waits: 1 },
  {
    title: 'a drop that is undone lets the send go on',
    scripts: [rolledBack(DROP), script(SEND, END)],
    waits: 1,
  },
  {
    title: 'a write opened where another transaction drops one waits for the outcome',
    scripts: [script(DROP), script(REOPEN)],
    waits: 1,
  },
  {
    title: 'an identity that another transaction gives a record at the side gets no second',
    scripts: [script(FORGET, linkTo(ONE, 'r8')), script(CLAIM, linkTo(ONE, 'r9'))],
    waits: 1,
  },
  {
    title: 'it gets one when the other transaction gives up',
    scripts: [rolledBack(FORGET, linkTo(ONE, 'r8')), script(FORGET, linkTo(ONE, 'r9'))],
    waits: 1,
  },
  {
    title: 'a record that has become that of another meanwhile is not forgotten',
    scripts: [script(FORGET, linkTo(TWO, 'r1')), script(FORGET)],
    waits: 1,
  },
  {
    title: 'two records linked at once to one identity',
    scripts: [script(linkTo(ONE, 'r1')), script(linkTo(TWO, 'r1'))],
    waits: 1,
  },
  {
    title: 'two sides raise one hold',
    scripts: [script(openHold('crm')), script(openHold('erp'))],
    waits: 1,
  },
  {
    title: 'a hold is raised anew when the one that was there is closed',
    scripts: [script(openHold('crm'), CLOSE_HOLD), script(CLAIM, openHold('erp'))],
    waits: 1,
  },
  { title: 'one claims at a time', scripts: [script(CLAIM, DROP), script(CLAIM)], waits: 1 },
  {
    title: 'a row that may not be is refused before its lock is waited for',
    scripts: [script(DROP), script(send('update'))],
    waits: 0,
  },
  { title: 'what is locked is passed over', scripts: [script(lock('wait')), script(lock('skip'))], waits: 0 },
  { title: 'what is locked is waited for', scripts: [script(lock('wait')), script(lock('wait'))], waits: 1 },
];
