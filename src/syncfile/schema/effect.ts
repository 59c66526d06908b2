/** What a change of a system's schema does to a sync: how grave it is, what it touches, and what to do about it. */
import type { FieldDescription } from '../../connector/contract.ts';
import { computedOf, filterOf } from '../../engine/computed.ts';
import type { MappingDefinition, SideDefinition, SyncDefinition } from '../../engine/model.ts';
import { must, unreachable } from '../../lib/assert.ts';
import { isNear, nearestNames } from '../../lib/nearest.ts';
import { listed } from '../../lib/yaml/suggest.ts';
import { misfit } from '../fit.ts';
import { optionsOf, roomOf, type SchemaChange } from './compare.ts';

/** From the mildest to the gravest. */
export const GRAVITIES = ['harmless', 'attention', 'stopsField', 'stopsCreates', 'stopsSync'] as const;
export type Gravity = (typeof GRAVITIES)[number];

/** A change and what it does to one side of one sync. */
export interface SchemaEffect {
  readonly side: string;
  readonly change: SchemaChange;
  readonly gravity: Gravity;
  /** What has happened and what it means, in a sentence or two. */
  readonly says: string;
  /** What to do, as an instruction; null where nothing needs to be done. */
  readonly fix: string | null;
  /** The fields of the entity that it touches. */
  readonly fields: readonly string[];
}

const THEN = 'then: trueup plan, trueup apply';

/** Every change to the side's collection, weighed for the sync. */
export function effectsOn(
  sync: SyncDefinition,
  side: SideDefinition,
  changes: readonly SchemaChange[],
): readonly SchemaEffect[] {
  return changes.map((change) => effectOf({ sync, side, change }));
}

/** The gravest of the effects; `harmless` for none. */
export function gravest(effects: readonly SchemaEffect[]): Gravity {
  return GRAVITIES.findLast((gravity) => effects.some((effect) => effect.gravity === gravity)) ?? 'harmless';
}

/** What is weighed: one change, for one side of one sync. */
interface Case {
  readonly sync: SyncDefinition;
  readonly side: SideDefinition;
  readonly change: SchemaChange;
}

function effectOf(at: Case): SchemaEffect {
  const { change } = at;
  switch (change.kind) {
    case 'added':
      return weighAdded(at, change.now);
    case 'removed': {
      const [guess] = change.perhaps;
      const perhaps = guess === undefined ? '' : ` Perhaps it is now called ${guess.to}: ${guess.because}.`;
      return weighGone(
        at,
        change.before.name,
        `\`${change.before.name}\` is no longer there.${perhaps}`,
        guess?.to,
      );
    }
    case 'renamed':
      return weighGone(
        at,
        change.before.name,
        `\`${change.before.name}\` is now called \`${change.now.name}\`.`,
        change.now.name,
      );
    case 'type':
      return weighType(at, change.before, change.now);
    case 'options':
      return weighOptions(at, change.before, change.now);
    case 'narrower':
      return weighRoom(at, change.now);
    case 'required':
      return weighRequired(at, change.now);
    case 'readOnly':
      return weighReadOnly(at, change.now);
    case 'unique':
    case 'notUnique':
      return weighUnique(at, change.now);
    case 'wider':
      return made(at, 'harmless', `\`${change.now.name}\` has more room.`, null, change.now.name);
    case 'optional':
      return made(at, 'harmless', `\`${change.now.name}\` may be empty now.`, null, change.now.name);
    case 'writable':
      return made(at, 'harmless', `\`${change.now.name}\` can be written now.`, null, change.now.name);
    default:
      return unreachable(change);
  }
}

function made(at: Case, gravity: Gravity, says: string, fix: string | null, native: string): SchemaEffect {
  const fields = mappingsOf(at, native).map(({ field }) => field);
  return { side: at.side.name, change: at.change, gravity, says, fix, fields };
}

/** The mappings that read or write the native field. */
function mappingsOf(at: Case, native: string): readonly MappingDefinition[] {
  return at.side.fields.filter((mapping) => nativesOf(mapping).includes(native));
}

function weighAdded(at: Case, { name, type, required, readOnly }: FieldDescription): SchemaEffect {
  const { creates, name: side } = at.side;
  const what = `\`${name}\` (${type.kind}) is new`;
  const own = mappingsOf(at, name);
  if (own.some(({ direction }) => direction !== 'in'))
    return made(at, 'harmless', `${what}, and the mapping writes it.`, null, name);
  if (required && !readOnly && creates) {
    const says = `${what}, and every new record must have it: none can be created at ${side}.`;
    return made(
      at,
      'stopsCreates',
      says,
      `Map a field to \`${name}\`, or give ${side} \`creates: false\`, ${THEN}.`,
      name,
    );
  }
  const mapped = new Set(at.side.fields.map(({ field }) => field));
  const free = at.sync.fields.map((field) => field.name).filter((field) => !mapped.has(field));
  const [like] = nearestNames(name, free, 1);
  const fix =
    like !== undefined && isNear(like, name)
      ? `If it is \`${like}\`, map it: \`${like}: ${name}\`, ${THEN}.`
      : null;
  const says = own.length === 0 ? `${what}, and nothing maps it.` : `${what}, and the mapping reads it.`;
  return made(at, 'harmless', says, own.length === 0 ? fix : null, name);
}

function weighGone(at: Case, native: string, what: string, to: string | undefined): SchemaEffect {
  const mappings = mappingsOf(at, native);
  const isFilter = conditionNatives(at.side).includes(native);
  if (mappings.length === 0 && !isFilter) {
    const follows = to !== undefined && mappingsOf(at, to).length > 0;
    const says = `${what} ${follows ? 'The mapping follows.' : 'Nothing maps it.'}`;
    return made(at, 'harmless', says, null, native);
  }
  const fix =
    to === undefined
      ? `Map another field in its place or remove the mapping, ${THEN}.`
      : `Write \`${to}\` in place of \`${native}\`, ${THEN}.`;
  if (isFilter) {
    const says = `${what} It decides which records take part, so nothing of ${at.side.name} can be read.`;
    return made(at, 'stopsSync', says, fix, native);
  }
  const names = listed(mappings.map(({ field }) => `\`${field}\``));
  const isKey = mappings.some(({ field }) => isMatchKey(at, field));
  const says = isKey
    ? `${what} It tells whose a record is (${names}), so new records could be taken for others.`
    : `${what} ${names} is no longer kept in step there; all other fields are.`;
  return made(at, isKey ? 'stopsSync' : 'stopsField', says, fix, native);
}

function isMatchKey(at: Case, field: string): boolean {
  return at.sync.match.some((rule) => rule.includes(field));
}

function weighType(at: Case, before: FieldDescription, now: FieldDescription): SchemaEffect {
  const what = `\`${now.name}\` was ${before.type.kind} and is ${now.type.kind} now.`;
  const mapping = mappingsOf(at, now.name)[0];
  if (mapping === undefined) return made(at, 'harmless', `${what} Nothing maps it.`, null, now.name);
  const problem = misfitOf(at, mapping, now);
  if (problem === null)
    return made(
      at,
      'attention',
      `${what} The mapping can go on with it.`,
      'Look at a few records: trueup plan',
      now.name,
    );
  const gravity = isMatchKey(at, mapping.field) ? 'stopsSync' : 'stopsField';
  return made(at, gravity, `${what} ${capital(problem.message)}.`, problem.fix, now.name);
}

function weighOptions(at: Case, before: FieldDescription, now: FieldDescription): SchemaEffect {
  const [was, is] = [optionsOf(before.type) ?? [], optionsOf(now.type) ?? []];
  const added = is.filter((option) => !was.includes(option));
  const removed = was.filter((option) => !is.includes(option));
  const what = [
    ...(added.length === 0 ? [] : [`\`${now.name}\` has the new option ${listed(added)}.`]),
    ...(removed.length === 0 ? [] : [`\`${now.name}\` has no option ${listed(removed)} any more.`]),
  ].join(' ');
  const mapping = mappingsOf(at, now.name)[0];
  const problem = mapping === undefined ? null : misfitOf(at, mapping, now);
  if (problem === null)
    return made(at, 'harmless', what === '' ? `\`${now.name}\` takes any word now.` : what, null, now.name);
  const says = `${what} ${capital(problem.message)}: records with it wait by name, the others go on.`;
  return made(at, 'attention', says, problem.fix, now.name);
}

function weighRoom(at: Case, now: FieldDescription): SchemaEffect {
  const room = roomOf(now.type);
  const unit = now.type.kind === 'text' ? 'characters' : 'decimals';
  const what = `\`${now.name}\` keeps only ${String(room)} ${unit} now.`;
  const mapping = mappingsOf(at, now.name).find(({ direction }) => direction !== 'in');
  if (mapping === undefined) return made(at, 'harmless', `${what} Nothing is written to it.`, null, now.name);
  const problem = misfitOf(at, mapping, now);
  const limit = mapping.transforms.find(({ kind }) => kind === 'length');
  if (problem === null && limit?.kind === 'length' && limit.max <= room)
    return made(at, 'harmless', what, null, now.name);
  const fix =
    problem?.fix ??
    (unit === 'characters'
      ? `Give the mapping \`max_length: ${String(room)}\`, ${THEN}.`
      : `Give \`${mapping.field}\` \`scale: ${String(room)}\`, ${THEN}.`);
  return made(
    at,
    'attention',
    `${what} Longer values of \`${mapping.field}\` will be refused there.`,
    fix,
    now.name,
  );
}

function weighRequired(at: Case, now: FieldDescription): SchemaEffect {
  const { creates, name: side } = at.side;
  const what = `\`${now.name}\` must be filled now.`;
  const mapping = mappingsOf(at, now.name).find(({ direction }) => direction !== 'in');
  if (mapping === undefined) {
    if (!creates || now.readOnly)
      return made(at, 'harmless', `${what} Nothing is created there.`, null, now.name);
    const says = `${what} Nothing is written to it, so no record can be created at ${side}.`;
    return made(
      at,
      'stopsCreates',
      says,
      `Map a field to \`${now.name}\`, or give ${side} \`creates: false\`, ${THEN}.`,
      now.name,
    );
  }
  const field = at.sync.fields.find(({ name }) => name === mapping.field);
  if (field?.required === true || mapping.whenMissing !== undefined)
    return made(at, 'harmless', what, null, now.name);
  const says = `${what} Records without a value for \`${mapping.field}\` will be refused there.`;
  const fix = `Give \`${mapping.field}\` \`required: true\`, or its mapping a \`when_missing\`, ${THEN}.`;
  return made(at, 'attention', says, fix, now.name);
}

function weighReadOnly(at: Case, now: FieldDescription): SchemaEffect {
  const what = `\`${now.name}\` can no longer be written.`;
  const mapping = mappingsOf(at, now.name).find(({ direction }) => direction !== 'in');
  if (mapping === undefined) return made(at, 'harmless', what, null, now.name);
  const says = `${what} \`${mapping.field}\` is still read there, and changes from elsewhere wait.`;
  const fix = `Give the account the right to write it, or the mapping \`direction: in\`, ${THEN}.`;
  return made(at, 'stopsField', says, fix, now.name);
}

function weighUnique(at: Case, { name, unique }: FieldDescription): SchemaEffect {
  const mapping = mappingsOf(at, name)[0];
  if (unique) {
    const says = `No two records may have one \`${name}\` any more.`;
    if (mapping === undefined || mapping.direction === 'in') return made(at, 'harmless', says, null, name);
    return made(
      at,
      'attention',
      `${says} A second one is refused there.`,
      `Look for doubles of \`${mapping.field}\`.`,
      name,
    );
  }
  const says = `Two records may have one \`${name}\` now.`;
  if (mapping === undefined || !isMatchKey(at, mapping.field)) return made(at, 'harmless', says, null, name);
  return made(
    at,
    'attention',
    `${says} It tells whose a record is: doubles will be held.`,
    'Keep it unique in the system.',
    name,
  );
}

function misfitOf(at: Case, mapping: MappingDefinition, now: FieldDescription): ReturnType<typeof misfit> {
  if (mapping.computed !== undefined) return null;
  const field = must(
    at.sync.fields.find(({ name }) => name === mapping.field),
    'a mapping names a field of its entity',
  );
  return misfit(field, mapping, now);
}

function nativesOf({ native, computed }: MappingDefinition): readonly string[] {
  return computed === undefined ? [native] : computedOf(computed).natives;
}

function conditionNatives({ where, filter }: SideDefinition): readonly string[] {
  const filtered = filter === undefined ? [] : filterOf(filter).natives;
  return [...where.map(({ native }) => native), ...filtered];
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
