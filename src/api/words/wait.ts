/** What waits for another thing, in a sentence. */
import type { NamedRecord, ToldWait, WaitReason } from '../../store/told-waits.ts';

export function waitSentence({ kind, side, field, record, parent, name, reason, isKey }: ToldWait): string {
  const [who, whom] = [nameOf(record), nameOf(parent)];
  const why = `${whyText(reason, side)}${isKey ? '; it is matched by that, and waits for it to be known' : ''}`;
  switch (kind) {
    case 'read':
      if (name !== null)
        return `${field} of ${who} names the one of ${parent?.sync ?? ''} whose ${name.field} is “${name.text}”: ${why}`;
      return `${field} of ${who} names ${whom}, ${why}`;
    case 'write':
      if (name !== null)
        return `${who} waits for the ${name.field} of ${whom}, by which ${side} names its ${field}: ${why}`;
      return `${who} waits for ${whom} to exist at ${side}, as its ${field}: ${why}`;
    case 'key':
      return `${who} waits to be made at ${side}: its ${field} is that of ${whom}, ${why}`;
    case 'delete':
      return `the delete of ${who} waits: ${why}`;
  }
}

/** As `trace` takes it: the sync, the side and the id. */
export function nameOf(record: NamedRecord | null): string {
  return record === null ? 'a record that is gone' : `${record.sync} ${record.side} ${record.recordId}`;
}

function whyText(reason: WaitReason, side: string): string {
  switch (reason.kind) {
    case 'come':
      return 'which is there by now';
    case 'notRead':
      return 'which has not been read yet';
    case 'takesNoPart':
      return 'which takes no part in its sync there';
    case 'parked':
      return 'which is parked until a person decides (trueup holds)';
    case 'unreadable':
      return `which cannot be read: ${reason.message}`;
    case 'outOfTheWay':
      return 'which is no longer in the way';
    case 'noSuchName':
      return 'nothing is called so';
    case 'sharedName':
      return 'several are called so';
    case 'nameless':
      return 'it has none yet';
    case 'creating':
      return CREATING[reason.state];
    case 'refused':
      return `its create was refused: ${reason.message}`;
    case 'held':
      return `it is held (${reason.reason}) until a person decides (trueup holds)`;
    case 'deleted':
      return 'it was deleted';
    case 'hidden':
      return 'its record is hidden from us';
    case 'waits':
      return 'it waits for another thing itself';
    case 'notCreated':
      return 'nothing is created there for it';
    case 'referredTo':
      return `other records at ${side} still refer to it`;
  }
}

const CREATING = {
  planned: 'its create is planned, and waits for approval',
  queued: 'its create is about to be sent',
  sent: 'its create is under way',
  unknown: 'the answer to its create was lost, and is looked into',
  held: 'its create is held until a person decides',
  dead: 'its create was refused',
} as const;

const OF_PERSONS: ReadonlySet<WaitReason['kind']> = new Set([
  'takesNoPart',
  'noSuchName',
  'sharedName',
  'nameless',
  'parked',
  'unreadable',
  'refused',
  'held',
  'deleted',
  'hidden',
  'notCreated',
]);

/** Whether what is waited for does not come by itself. A create that waits for its plan's approval, or is held, does not either. */
export function needsPerson(reason: WaitReason): boolean {
  if (reason.kind === 'creating') return ['planned', 'held', 'dead'].includes(reason.state);
  return OF_PERSONS.has(reason.kind);
}
