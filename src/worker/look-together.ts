import type { Lookup } from '../connector/contract.ts';
import type { Failure } from '../connector/failure.ts';
import type { SideRuntime } from './runtime.ts';

/**
 * Looks these records up: in one look, or several after each other where the system takes fewer at a time. Gives one lookup per record,
 * in their order, and about that record: what is answered about another is a failure.
 */
export async function lookTogether(
  { model, card, session }: SideRuntime,
  recordIds: readonly string[],
): Promise<readonly Lookup[]> {
  const lookups: Lookup[] = [];
  for (let start = 0; start < recordIds.length; start += card.getBatchMax) {
    const some = recordIds.slice(start, start + card.getBatchMax);
    const answers = await session.get(model.collection, some, model.natives);
    for (const [index, recordId] of some.entries()) lookups.push(answerAbout(recordId, answers[index]));
  }
  return lookups;
}

/** Which record a lookup is about. */
export function idOf(lookup: Lookup): string {
  return lookup.kind === 'found' ? lookup.record.id : lookup.id;
}

function answerAbout(id: string, answer: Lookup | undefined): Lookup {
  if (answer === undefined) return { kind: 'failed', id, failure: NO_ANSWER };
  return idOf(answer) === id ? answer : { kind: 'failed', id, failure: WRONG_RECORD };
}

const NO_ANSWER: Failure = {
  kind: 'transient',
  code: 'trueup.no_answer_for_record',
  message: 'the connector answered a look-up without this record',
};

const WRONG_RECORD: Failure = {
  kind: 'transient',
  code: 'trueup.wrong_record',
  message: 'a look-up was answered with another record than this one',
};
