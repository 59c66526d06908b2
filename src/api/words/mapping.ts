/** Mappings, policies and rules of a sync as sentences. */
import { computedOf } from '../../engine/computed.ts';
import type {
  DeletePolicy,
  FieldDefinition,
  GuardLimits,
  MappingDefinition,
  Resolver,
  SideDefinition,
  SyncDefinition,
} from '../../engine/model.ts';
import type { Transform } from '../../engine/transforms/step.ts';
import type { FieldType } from '../../engine/value.ts';
import { unreachable } from '../../lib/assert.ts';

/** What a field is, in a word or two. */
export function typeText(type: FieldType): string {
  switch (type.kind) {
    case 'text':
      return type.lengthMax === undefined ? 'text' : `text of at most ${String(type.lengthMax)} characters`;
    case 'choice':
      return `one of ${type.options.join(', ')}`;
    case 'set':
      return type.options === undefined ? 'set' : `any of ${type.options.join(', ')}`;
    case 'money':
      return type.currency === undefined ? 'amount with currency' : `amount in ${type.currency}`;
    case 'subdivision':
      return `state or province of ${type.country}`;
    case 'timeZone':
      return 'time zone';
    case 'salesforceId':
      return 'Salesforce id';
    case 'reference':
      return type.many === true ? `any of ${type.to}` : `one of ${type.to}`;
    default:
      return type.kind;
  }
}

/** How a field of a side and a field of the entity hang together. */
export function mappingSentence(entity: string, side: SideDefinition, mapping: MappingDefinition): string {
  const { field, native, direction, computed, transforms, writes } = mapping;
  const golden = `${field} of ${entity}`;
  if (computed?.kind === 'parts') return partsSentence(golden, side.name, mapping);
  const here =
    computed === undefined ? `${native} at ${side.name}` : `${computed.text} (computed from ${side.name})`;
  const flow =
    direction === 'both'
      ? `${here} and ${golden} are kept equal, in both directions`
      : direction === 'in'
        ? `${here} gives ${golden}; nothing is written back`
        : `${golden} is written to ${here}; nothing is read from there`;
  const steps = transforms.map(stepText);
  const only = writes === 'ifEmpty' ? ['written only where it is empty'] : [];
  const more = [...steps, ...only];
  return more.length === 0 ? `${flow}.` : `${flow}: ${more.join('; ')}.`;
}

/** Several fields that hold one value. */
function partsSentence(golden: string, side: string, { computed, transforms }: MappingDefinition): string {
  const names = computed === undefined ? [] : computedOf(computed).natives;
  const steps = transforms.map(stepText).filter((text) => text !== '');
  const kept = `${names.join(' and ')} at ${side} hold ${golden} together, as ${computed?.text ?? ''}, kept equal in both directions`;
  return `${[kept, ...steps].join('; ')}. What could not be told apart again waits for a person.`;
}

function stepText(step: Transform): string {
  switch (step.kind) {
    case 'joined': {
      const rest = step.rest === undefined ? [] : [`${step.rest} may hold what stands between`];
      const alone = step.alone === undefined ? [] : [`a text without that is ${step.alone}`];
      return [...rest, ...alone].join('; ');
    }
    case 'values':
      return `values are translated (${step.pairs.map(([native, golden]) => `${String(native)} ↔ ${String(golden)}`).join(', ')})`;
    case 'prefix':
      return `it begins with ${JSON.stringify(step.text)} there`;
    case 'minorUnits':
      return `it is counted there in units of which ${String(10 ** step.places)} make one`;
    case 'numberFormat':
      return `numbers are written there like ${step.sample}`;
    case 'percent':
      return step.as === 'sign' ? 'it has a percent sign there' : 'it is a fraction there';
    case 'round':
      return `it is rounded to ${String(step.places)} places there`;
    case 'unixTime':
      return `it is in ${step.unit === 's' ? 'seconds' : 'milliseconds'} since 1970 there`;
    case 'dateFormat':
      return `dates are written there as ${step.format}`;
    case 'localTime':
      return `times are those of clocks in ${step.zone}, written as ${step.format}`;
    case 'separator':
      return `it is one text there, separated by ${JSON.stringify(step.text)}`;
    case 'case':
      return `it is written there in ${step.to === 'upper' ? 'capitals' : 'small letters'}`;
    case 'trim':
      return 'outer blanks do not count';
    case 'length':
      return `it has at most ${String(step.max)} ${step.unit} there, and what is longer is ${step.tooLong === 'cut' ? 'cut' : 'refused'}`;
    case 'part':
      return `it is the ${step.take} part, between ${JSON.stringify(step.separator)}`;
    case 'nullAs':
      return `${JSON.stringify(step.word)} there means no value`;
    case 'default':
      return `no value there is read as ${JSON.stringify(step.value)}`;
    case 'expression':
      return `it is written there as ${step.text}`;
    case 'template':
      return `it is written there as ${step.text}`;
    case 'phoneFormat':
      return `telephone numbers are written there in ${step.form} form`;
    case 'countryFormat':
      return `countries are written there as ${step.form === 'alpha3' ? 'three letters' : 'numbers'}`;
    case 'countryName':
      return `countries are written there by their names (${step.language})`;
    case 'subdivisionFormat':
      return `states are written there ${step.form === 'name' ? 'by their names' : 'with their country'}`;
    case 'shortId':
      return 'ids have 15 characters there';
    default:
      return unreachable(step);
  }
}

/** Who decides about a field. */
export function policySentence({ policy }: FieldDefinition): string {
  const owners = policy.owners.map(({ side, when }) =>
    when === undefined
      ? `${side} owns it`
      : `${side} owns it while ${when.field} is ${JSON.stringify(when.equals)}`,
  );
  const ways = [...policy.resolve.map(resolverText), 'a person decides'];
  const asked = [...new Set(ways)].join(', else ');
  const conflict = `If two sides give it different values, ${asked}`;
  return [...owners, conflict].map((sentence) => `${sentence}.`).join(' ');
}

function resolverText(resolver: Resolver): string {
  switch (resolver.kind) {
    case 'latest':
      return 'the certainly later edit stands';
    case 'priority':
      return `the first of ${resolver.sides.join(', ')} stands`;
    case 'fill':
      return 'the one that is not empty stands';
    case 'set':
      return 'both are joined, element by element';
    case 'hold':
      return 'a person decides';
    default:
      return unreachable(resolver);
  }
}

/** What holds for whole records. */
export function ruleSentences(definition: SyncDefinition): readonly string[] {
  const { entity, match, sides, deletes, guard } = definition;
  return [
    ...match.map((fields) => `Records with the same ${fields.join(' and ')} are the same ${entity}.`),
    ...sides.filter((side) => !side.creates).map((side) => `Nothing is created at ${side.name}.`),
    ...sides.filter((side) => !side.deletes).map((side) => `Nothing is deleted at ${side.name}.`),
    ...sides
      .filter((side) => side.where.length > 0 || side.filter !== undefined)
      .map((side) => `Only some records of ${side.name} take part: ${filterText(side)}.`),
    deleteSentence(deletes),
    guardSentence(guard),
  ];
}

function filterText({ where, filter }: SideDefinition): string {
  const conditions = where.map(
    ({ native, in: values, negated }) =>
      `${native} is ${negated ? 'not ' : ''}${values.map((value) => value ?? 'empty').join(' or ')}`,
  );
  return [...conditions, ...(filter === undefined ? [] : [filter])].join(', and ');
}

function deleteSentence({ mode, from, againstEdit }: DeletePolicy): string {
  if (mode === 'ignore') return 'A delete at one side means nothing for the others.';
  const where = from.length === 0 ? 'any side' : from.join(' or ');
  const then = mode === 'hold' ? 'waits for a person' : 'is carried out everywhere';
  const edited = {
    hold: 'a person decides',
    editWins: 'the edit stands and the record is made again',
    deleteWins: 'it is deleted all the same',
  }[againstEdit];
  return `A delete at ${where} ${then}; if the record was edited elsewhere meanwhile, ${edited}.`;
}

function share(part: number): string {
  return `${String(Math.round(part * 100))} %`;
}

function guardSentence({ deletesMax, deletesShareMax, changesShareMax }: GuardLimits): string {
  return `More than ${String(deletesMax)} deletes or ${share(deletesShareMax)} of a side in an hour, or changes to ${share(changesShareMax)} of it, wait for a person.`;
}
