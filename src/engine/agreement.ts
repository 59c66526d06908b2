/** Conflicts that have ended by themselves: whoever gave way, and however that became known. */
import type { SyncModel } from './model.ts';
import type { Bundle } from './state.ts';
import { sameValue } from './value.ts';

/**
 * The bundle without the holds of conflicts in which nobody is left to be overruled: every side that was in one holds the golden
 * value, or has no record any more. It depends on the state alone, so whatever led to it, told once or twice, comes to the same.
 */
export function withoutEndedConflicts(model: SyncModel, bundle: Bundle): Bundle {
  if (!bundle.holds.some(({ reason }) => reason === 'conflict')) return bundle;
  const { identity, links } = bundle;
  const holds = bundle.holds.filter(({ reason, field, sides }) => {
    if (reason !== 'conflict' || field === null) return true;
    const same = model.fields.get(field)?.same ?? sameValue;
    return links.some(({ side, status, accounted }) => {
      const value = accounted[field];
      const isIn = status !== 'gone' && value !== undefined && sides?.includes(side) !== false;
      return isIn && !same(value, identity.golden[field]);
    });
  });
  return holds.length === bundle.holds.length ? bundle : { ...bundle, holds };
}
