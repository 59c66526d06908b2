/** Mappings that lead both ways, tried on real records: what generated values did not show, a value of somebody's may. */
import type { SystemRecord } from '../connector/contract.ts';
import { admitOn, explainRefusal } from '../engine/admission.ts';
import { compileSync, type SideModel, type SyncDefinition } from '../engine/model.ts';
import { InvalidValue } from '../engine/value.ts';
import type { Findings } from '../lib/yaml/findings.ts';

/** `samples`: per side some of its records. A value that comes back as another is told with the record that holds it. */
export function checkSamples(
  sync: SyncDefinition,
  samples: ReadonlyMap<string, readonly SystemRecord[]>,
  findings: Findings,
): void {
  if (samples.size === 0) return;
  const model = compileSync(sync);
  for (const side of model.sides) checkSide(sync.name, side, samples.get(side.name) ?? [], findings);
}

function checkSide(
  sync: string,
  side: SideModel,
  records: readonly SystemRecord[],
  findings: Findings,
): void {
  for (const lens of side.lenses) {
    if (lens.direction !== 'both' || (lens.computed !== null && lens.parts === null)) continue;
    for (const { id, fields } of records) {
      const native = lens.computed === null ? fields.get(lens.native) : lens.computed.read(fields);
      if (native === undefined || native instanceof InvalidValue) continue;
      const admission = admitOn(lens, [native], []);
      if (admission.kind === 'admitted') continue;
      const path = ['syncs', sync, 'sides', side.name, 'fields', lens.field.name];
      const message = `${explainRefusal(side.name, lens, admission)} (record ${id})`;
      findings.atValue(path, message, admission.waysOut.join(' Or: '));
      break;
    }
  }
}
