/** What a change event says, of which only the header counts: whose records, and what became of them. */
import type avsc from 'avsc';

import type { Hint } from '../../connector/contract.ts';
import { isId } from './soql.ts';

/** What to do about an event. */
export type EventMeaning =
  | { readonly kind: 'hints'; readonly hints: readonly Hint[] }
  /** Too many changes to be told one by one: the object must be compared as a whole. */
  | { readonly kind: 'overflow' };

interface Header {
  readonly recordIds: readonly string[];
  readonly changeType: string;
}

/** Reads an event of this schema. Throws what is no event of it. */
export function decoded(type: avsc.Type, bytes: Uint8Array): EventMeaning {
  const event = type.fromBuffer(Buffer.from(bytes)) as { readonly ChangeEventHeader?: Header };
  return event.ChangeEventHeader === undefined ? { kind: 'overflow' } : meaningOf(event.ChangeEventHeader);
}

/** Gap events tell ids without content, which is all that a hint needs; an id that is none stands for many. */
export function meaningOf({ changeType, recordIds }: Header): EventMeaning {
  if (changeType === 'GAP_OVERFLOW' || !recordIds.every(isId)) return { kind: 'overflow' };
  const kind: Hint['kind'] =
    changeType.endsWith('DELETE') && !changeType.endsWith('UNDELETE') ? 'deleted' : 'changed';
  return { kind: 'hints', hints: recordIds.map((id) => ({ id, kind })) };
}
