import type { Lookup } from '../connector/contract.ts';
import type { SideRuntime } from './runtime.ts';

/** Looks these records up, in their order: in one look, or several after each other where the system takes fewer at a time. */
export async function lookTogether(
  { model, card, session }: SideRuntime,
  recordIds: readonly string[],
): Promise<readonly Lookup[]> {
  const lookups: Lookup[] = [];
  for (let start = 0; start < recordIds.length; start += card.getBatchMax) {
    const some = recordIds.slice(start, start + card.getBatchMax);
    lookups.push(...(await session.get(model.collection, some, model.natives)));
  }
  return lookups;
}
