/** Fields of the entity: who may write them, and who wins. */
import { InvalidValue } from '../engine/value.ts';
import type { Findings } from '../lib/yaml/findings.ts';
import type { Path } from '../lib/yaml/places.ts';
import { checkTypeCodes } from './check-steps.ts';
import { goldenOf } from './define-steps.ts';
import { fieldType } from './define-type.ts';
import type { FieldDraft, PolicyDraft, SyncDraft } from './draft.ts';
import { fieldNamed, hasSide, valueFix } from './references.ts';

export function checkFields(sync: SyncDraft, findings: Findings): void {
  for (const field of sync.fields.values()) {
    if (field === null) continue;
    checkOptions(field, findings);
    checkTypeCodes(field, findings);
    checkOwners(sync, field, findings);
    if (field.policy !== sync.defaultPolicy) checkPolicy(sync, field.policy, field, findings);
  }
  checkDefaultPolicy(sync, findings);
  checkCycles(sync, findings);
}

/** Once for all fields that follow it, so that one mistake is one error. */
function checkDefaultPolicy(sync: SyncDraft, findings: Findings): void {
  const followers = [...sync.fields.values()].filter((field) => field?.policy === sync.defaultPolicy);
  const follower = followers.find((field) => field?.shape.type !== 'set') ?? followers[0] ?? null;
  checkPolicy(sync, sync.defaultPolicy, follower, findings);
}

function checkOptions(field: FieldDraft, findings: Findings): void {
  const options = 'options' in field.shape ? (field.shape.options ?? []) : [];
  for (const [index, option] of options.entries()) {
    if (options.indexOf(option) === index) continue;
    findings.atValue(
      [...field.path, 'options', index],
      `the option \`${option}\` stands here twice`,
      'Keep one of them.',
    );
  }
}

/** `field` is one that follows the policy, if any does. */
function checkPolicy(
  sync: SyncDraft,
  policy: PolicyDraft,
  field: FieldDraft | null,
  findings: Findings,
): void {
  const { resolvers } = policy;
  const isList = findings.places.spot([...policy.path, 0]) !== null;
  let last: string | null = null;
  for (const [index, resolver] of resolvers.entries()) {
    const path = isList ? [...policy.path, index] : policy.path;
    const kind = typeof resolver === 'string' ? resolver : 'priority';
    if (last !== null) {
      findings.atValue(
        path,
        `\`${kind}\` is never asked: \`${last}\` before it decides every case`,
        `Put it before \`${last}\`, or remove it.`,
      );
      return;
    }
    if (kind === 'set' && field !== null && field.shape.type !== 'set') {
      const message = `\`set\` merges element by element, and \`${field.name}\` is of type ${field.shape.type}`;
      findings.atValue(path, message, 'Give the field `type: set`, or choose another policy.');
    }
    if (typeof resolver !== 'string') checkPriority(sync, resolver.priority, [...path, 'priority'], findings);
    if (kind === 'set' || kind === 'hold') last = kind;
  }
}

function checkPriority(sync: SyncDraft, sides: readonly string[], path: Path, findings: Findings): void {
  for (const [index, side] of sides.entries()) {
    const known = hasSide(sync, side, [...path, index], findings);
    if (known && sides.indexOf(side) < index) {
      findings.atValue([...path, index], `\`${side}\` stands here twice`, 'Keep the first of them.');
    }
  }
}

function checkOwners(sync: SyncDraft, field: FieldDraft, findings: Findings): void {
  const isShort = findings.places.spot([...field.ownersPath, 0]) === null;
  for (const [index, { side, when }] of field.owners.entries()) {
    const path = isShort ? field.ownersPath : [...field.ownersPath, index];
    const sidePath = isShort ? path : [...path, 'side'];
    if (hasSide(sync, side, sidePath, findings)) checkOwnerGives(sync, field, side, sidePath, findings);
    if (when === undefined && index < field.owners.length - 1) {
      findings.atValue(
        path,
        'the rules after this one are never asked: it has no condition',
        'Put it last, or give it a `when`.',
      );
    }
    if (when !== undefined) checkWhen(sync, when, [...path, 'when'], findings);
  }
}

function checkOwnerGives(
  sync: SyncDraft,
  field: FieldDraft,
  owner: string,
  path: Path,
  findings: Findings,
): void {
  const side = sync.sides.get(owner);
  if (side === undefined || side.fields.size === 0) return;
  const mapping = side.fields.get(field.name);
  if (mapping === null) return;
  if (mapping === undefined) {
    const fix = `Map \`${field.name}\` at ${owner}, or name another owner.`;
    findings.atValue(path, `${owner} owns \`${field.name}\` and does not map it`, fix);
  } else if (mapping.direction === 'out') {
    const fix = `Let ${owner} give it (direction: both), or name another owner.`;
    findings.atValue(path, `${owner} owns \`${field.name}\` and only receives it (direction: out)`, fix);
  }
}

function checkWhen(
  sync: SyncDraft,
  when: { readonly field: string; readonly is: string | number | boolean | null },
  path: Path,
  findings: Findings,
): void {
  const field = fieldNamed(sync, when.field, [...path, 'field'], 'value', findings);
  if (field === null) return;
  const { type } = field.shape;
  if (type === 'set' || type === 'json' || type === 'reference') {
    findings.atValue(
      [...path, 'field'],
      `a condition compares one value, and \`${when.field}\` is of type ${type}`,
      'Choose another field.',
    );
    return;
  }
  const value = goldenOf(fieldType(field.shape), when.is);
  if (value instanceof InvalidValue) {
    findings.atValue(
      [...path, 'is'],
      `\`${when.field}\` never holds this: ${value.reason}`,
      valueFix(field, when.is),
    );
  }
}

/** Whoever owns a field must be told without asking who owns it: a circle of conditions has no answer. */
function checkCycles(sync: SyncDraft, findings: Findings): void {
  const reported = new Set<string>();
  for (const field of sync.fields.values()) {
    if (field === null) continue;
    const circle = circleFrom(sync, field.name);
    if (circle === null || circle.some((name) => reported.has(name))) continue;
    for (const name of circle) reported.add(name);
    const message = `the owners depend on each other in a circle: ${circle.join(' → ')}`;
    findings.atKey(field.ownersPath, message, 'Let one of these fields have an owner without a condition.');
  }
}

/** The shortest way from the field back to itself along "its owner depends on", or null. */
function circleFrom(sync: SyncDraft, start: string): readonly string[] | null {
  const seen = new Set<string>();
  const ways: (readonly string[])[] = [[start]];
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    for (const next of conditionFields(sync, way.at(-1) ?? start)) {
      if (next === start) return [...way, start];
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return null;
}

function conditionFields(sync: SyncDraft, name: string): readonly string[] {
  const owners = sync.fields.get(name)?.owners ?? [];
  return owners.flatMap(({ when }) => (when === undefined ? [] : [when.field]));
}
