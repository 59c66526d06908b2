/** Records that somebody has entered in the places of what creates were to make. */
import { fieldsOf } from '../engine/between.ts';
import { held } from '../engine/existence.ts';
import { matchKeys } from '../engine/match.ts';
import type { SideModel, SyncModel } from '../engine/model.ts';
import { sharesMost } from '../engine/resemblance.ts';
import { MADE_BY_US, type Bundle, type Observation } from '../engine/state.ts';
import { isEmpty, type Values } from '../engine/value.ts';
import { must } from '../lib/assert.ts';
import type { OpenCreate } from '../store/contract.ts';
import type { Batch } from './batch.ts';

/**
 * Beside the key that has led to it, it holds so little of what the create sent that somebody else has made it: the create may
 * have made another one. Nobody knows where nothing else was sent that can be compared.
 */
export function isRival(model: SyncModel, side: SideModel, sent: Values, values: Values): boolean {
  const keys = matchKeys(model, values);
  const key = matchKeys(model, sent).find((one) => keys.includes(one));
  const leading = key === undefined ? [] : fieldsOf(model, key);
  const telling = Object.entries(sent).filter(([name, value]) => {
    const lens = side.lensOf.get(name);
    return lens?.refersTo === null && !lens.isBlind && !isEmpty(value) && !leading.includes(name);
  });
  return telling.length > 0 && !sharesMost(side, Object.fromEntries(telling), values);
}

/**
 * `linked` with what was asked of the thing as it was found, where the record just linked is a rival: it answers no question about what
 * a lost create has made, which may wait beside it. Asked of the thing under its lock, as that create may have been given up while the
 * page waited.
 */
export function askBesideRival(
  model: SyncModel,
  batch: Batch,
  found: Bundle,
  linked: Bundle,
  { side, recordId, values }: Observation,
  made: readonly OpenCreate[],
): Bundle {
  const identityId = found.identity.id;
  const isAsked = found.holds.some(
    ({ reason, sides }) => MADE_BY_US.includes(reason) && sides?.includes(side) === true,
  );
  const sideModel = must(model.sideOf.get(side), 'what was seen is of a side of the sync');
  const lost = made.find(
    (one) => one.identityId === identityId && isRival(model, sideModel, one.body, values),
  );
  if (!isAsked || lost === undefined) return linked;
  const asked = held(linked, { field: null, reason: 'duplicateRecord', seen: lost.body, side });
  batch.apply(asked, { identityId, side, recordId, kind: 'held', body: { reason: 'duplicateRecord' } });
  return asked.bundle;
}
