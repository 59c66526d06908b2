/** Meetings of two transactions that chance hardly ever arranges, each once. */
import type { Link } from '../../../../src/engine/state.ts';
import type { Save } from '../../../../src/store/contract.ts';
import { EMPTY_SAVE } from './save-steps.ts';
import type { Script } from './script.ts';
import { HOUR_MS, IDENTITIES, PAST_MS, WRITE_IDS, type Step, type StoreTx } from './step.ts';

export interface Meeting {
  readonly title: string;
  readonly scripts: readonly [Script, Script];
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

function linkTo(identityId: string, recordId: string): Step {
  const link: Link = {
    side: 'crm',
    recordId,
    status: 'live',
    version: null,
    asOfMs: PAST_MS,
    lookedAtMs: null,
    accounted: {},
    agreed: {},
    sent: [],
  };
  return save(`link ${recordId}`, { links: [{ identityId, link }] });
}

const DROP = save('drop', { droppedWrites: [AT_CRM] });
const REOPEN = save('open anew', { openWrites: [{ ...AT_CRM, kind: 'create', state: 'queued' }] });
const SEND = call('send', (tx) =>
  tx.sendWrites(
    [{ ...AT_CRM, epoch: 1, kind: 'create', body: {}, seq: 1, recordId: null, ifVersion: null }],
    HOUR_MS,
  ),
);
const END = call('end', (tx) =>
  tx.endWrites([{ ...AT_CRM, writeId: WRITE_ID, epoch: 1, kind: 'create', to: 'acknowledged' }]),
);
const HOLD = { identityId: ONE, field: null, reason: 'deletion' } as const;
const CLAIM = call('claim', (tx) => tx.claimQueued('crm', 1_000).then((ids) => ids.toSorted()));
const FORGET = save('forget', { forgotten: [{ side: 'crm', recordId: 'r1' }] });

function openHold(side: string): Step {
  return save(`hold ${side}`, { holds: [{ ...HOLD, side, seen: { name: side } }] });
}

const CLOSE_HOLD = save('close', { closedHolds: [{ ...HOLD, by: 'ann', resolution: 'keep' }] });

function lock(ifLocked: 'wait' | 'skip'): Step {
  return call(`lock ${ifLocked}`, async (tx) => [...(await tx.lockBundles([ONE, TWO], ifLocked)).keys()]);
}

/** The first script makes its first call, the second makes its first, and so on in turns. */
export const MEETINGS: readonly Meeting[] = [
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
  { title: 'what is locked is passed over', scripts: [script(lock('wait')), script(lock('skip'))], waits: 0 },
  { title: 'what is locked is waited for', scripts: [script(lock('wait')), script(lock('wait'))], waits: 1 },
];
