/** The story of a record, told in sentences from the journal, the decisions and the attempts. */
import type { Value, Values } from '../../engine/value.ts';
import type { AttemptRow, DecisionRow, JournalRow } from '../../store/history.ts';

/** One change of a golden field. */
export interface ToldChange {
  readonly field: string;
  readonly before: Value;
  readonly after: Value;
  readonly rule: string;
}

interface Body {
  readonly fields?: Readonly<Record<string, readonly [before: Value, after: Value, rule: string]>>;
  readonly values?: Values;
  readonly write?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly evidence?: string;
  readonly successor?: string;
  readonly choice?: string;
  readonly by?: string;
  readonly untold?: object;
}

export function changesOf({ body }: JournalRow): readonly ToldChange[] {
  return Object.entries((body as unknown as Body).fields ?? {}).map(([field, [before, after, rule]]) => ({
    field,
    before,
    after,
    rule,
  }));
}

export function valuesOf({ body }: JournalRow): Values {
  return (body as unknown as Body).values ?? {};
}

export function journalSentence(row: JournalRow): string {
  const body = row.body as unknown as Body;
  const record = row.recordId === null ? row.side : `${row.side} ${row.recordId}`;
  const fields = Object.keys(body.fields ?? body.values ?? {});
  const which = fields.length === 0 ? '' : ` (${fields.join(', ')})`;
  switch (row.kind) {
    case 'changed':
      return `${record} was changed${which}${body.untold === undefined ? '' : ', as a comparison showed: its feed had not told of it'}`;
    case 'linked':
      return `${record} was found to be the same thing${which}`;
    case 'written':
      return `${WRITES[body.write ?? ''] ?? 'written'} at ${record}${which}`;
    case 'late':
      return `an answer from ${record} came late: it had been done${which}`;
    case 'deleted': {
      const goesOn = body.successor === undefined ? '' : `; ${body.successor} takes its place`;
      return `${record} was deleted, by ${body.evidence === 'feed' ? 'its feed' : 'looking it up twice'}${goesOn}`;
    }
    case 'hidden':
      return `${record} is kept from us`;
    case 'held':
      return `stopped for a person: ${body.reason ?? ''}`;
    case 'decided':
      return `${body.by ?? 'a person'} decided: ${body.choice ?? ''}${which}`;
    default:
      return [`${record}: ${row.kind}${which}`, body.message ?? ''].filter((part) => part !== '').join(', ');
  }
}

const WRITES: Readonly<Record<string, string>> = { create: 'created', update: 'updated', delete: 'deleted' };

export function decisionSentence({ field, winner, loser, rule }: DecisionRow): string {
  return `${field} of ${winner.side} stands over that of ${loser.side}, by rule ${rule}`;
}

export function attemptSentence({ side, kind, outcome }: AttemptRow): string {
  switch (outcome) {
    case 'unknown':
      return `${kind} at ${side} got no answer: it may or may not have happened`;
    case 'late':
      return `${kind} at ${side} was answered after it had been given up`;
    default:
      return `${kind} at ${side} failed`;
  }
}
