/** What one record would lead to, step by step, without writing anything. Pure: a record and a sync in, a story out. */
import { readRecord, renderBody } from '../engine/mapping.ts';
import { matchKeys } from '../engine/match.ts';
import type { Condition, SideModel, SyncModel } from '../engine/model.ts';
import { bodyOf, missingRequired } from '../engine/plan.ts';
import { violationOf } from '../engine/rules.ts';
import type { Bundle } from '../engine/state.ts';
import { linkAt } from '../engine/state.ts';
import type { NativeValue, Value } from '../engine/value.ts';

type Natives = ReadonlyMap<string, NativeValue>;

/** One step, in order. `code` says which failure it would be; absent where the step is good. */
export interface DryStep {
  readonly what: 'filter' | 'read' | 'rules' | 'match' | 'write';
  readonly side: string;
  readonly says: string;
  readonly code?: string;
  /** The native field at fault. */
  readonly field?: string;
}

/** A sample identity for what is not linked yet: it is never stored. */
const NOBODY = '00000000-0000-7000-8000-000000000000';

/** `known`: what is stored of the record's identity; null for a record that Trueup has not taken in. */
export function dryRun(
  model: SyncModel,
  sideName: string,
  natives: Natives,
  known: Bundle | null,
): readonly DryStep[] {
  const side = model.sideOf.get(sideName);
  if (side === undefined) return [];
  const reading = readRecord(side, natives);
  if (reading.kind === 'excluded') return [{ what: 'filter', side: sideName, ...whyExcluded(side, natives) }];
  if (reading.kind === 'invalid') {
    return reading.problems.map(({ native, code, reason }) => ({
      what: native === (side.filter?.natives.join(', ') ?? null) ? 'filter' : 'read',
      side: sideName,
      says: `${native}: ${reason}`,
      code: `mapping.${code}`,
      field: native,
    }));
  }
  const { values } = reading;
  const said = Object.entries(values).filter(([, value]) => value !== null && value !== undefined).length;
  const steps: DryStep[] = [
    {
      what: 'read',
      side: sideName,
      says: `${String(said)} of ${String(side.lenses.length)} mapped fields have a value`,
    },
  ];
  for (const field of Object.keys(values)) {
    const broken = violationOf(model.rules, field, values);
    if (broken !== null)
      steps.push({
        what: 'rules',
        side: sideName,
        says: `${field}: ${broken.says}`,
        code: 'hold.violation',
        field,
      });
  }
  const keys = matchKeys(model, values);
  steps.push(
    keys.length > 0
      ? {
          what: 'match',
          side: sideName,
          says: `known by ${model.match.map((rule) => rule.join(' and ')).join(', or ')}`,
        }
      : {
          what: 'match',
          side: sideName,
          says: 'no match field has a value: it can be found nowhere else',
          code: 'hold.ambiguousMatch',
        },
  );
  const bundle = known ?? newcomer(sideName, values);
  return [
    ...steps,
    ...model.sides.filter(({ name }) => name !== sideName).map((other) => writeStep(other, bundle)),
  ];
}

function newcomer(side: string, values: Readonly<Record<string, Value>>): Bundle {
  const edit = { seq: 1, side, fromMs: null, untilMs: 0, rule: 'first' as const };
  const fields = Object.keys(values);
  return {
    identity: {
      id: NOBODY,
      seq: 1,
      golden: values,
      edits: Object.fromEntries(fields.map((field) => [field, edit])),
      tombstone: null,
    },
    links: [],
    writes: [],
    holds: [],
  };
}

/** What would be written at another side, or what stands in its way. */
function writeStep(side: SideModel, bundle: Bundle): DryStep {
  const link = linkAt(bundle, side.name);
  const place = { what: 'write', side: side.name } as const;
  if (link === undefined && !side.creates)
    return { ...place, says: 'the sync makes no records here (`creates` is off)', code: 'sync.no_creates' };
  const kind = link === undefined ? 'create' : 'update';
  const body = bodyOf(side, bundle, kind);
  if (kind === 'update' && Object.keys(body).length === 0)
    return { ...place, says: `record ${link?.recordId ?? ''} is in step` };
  const [missing] = kind === 'create' ? missingRequired(side, body) : [];
  if (missing !== undefined)
    return {
      ...place,
      says: `${missing} is required and empty`,
      code: 'trueup.required_missing',
      field: missing,
    };
  const rendering = renderBody(side, body, kind === 'create');
  if (rendering.kind === 'natives')
    return { ...place, says: `${kind} with ${[...rendering.natives.keys()].join(', ')}` };
  const [problem] = rendering.problems;
  return {
    ...place,
    says: `${problem?.native ?? ''}: ${problem?.reason ?? ''}`,
    code: `mapping.${problem?.code ?? 'invalid'}`,
    field: problem?.native ?? '',
  };
}

/** The condition that keeps the record out, as the sync file says it; its value only as a shape. */
function whyExcluded(side: SideModel, natives: Natives): Pick<DryStep, 'says' | 'code' | 'field'> {
  const condition = side.where.find(
    (one) => readRecord({ ...side, where: [one], filter: null }, natives).kind === 'excluded',
  );
  if (condition === undefined) {
    const fields = side.filter?.natives.join(', ') ?? '';
    return { says: `filtered by the rule of the sync over ${fields}`, code: 'sync.filtered', field: fields };
  }
  return {
    says: `filtered by rule: ${conditionText(condition)}`,
    code: 'sync.filtered',
    field: condition.native,
  };
}

export function conditionText({ native, in: wanted, negated }: Condition): string {
  const values = wanted.map((value) => (value === null ? '(empty)' : value)).join(', ');
  return `${native} ${negated ? 'is none of' : 'is one of'} ${values}`;
}

/** The first step that would fail; null when all would go well. */
export function firstFailure(steps: readonly DryStep[]): DryStep | null {
  return steps.find(({ code }) => code !== undefined) ?? null;
}
