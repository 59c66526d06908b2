/** What the dictionary's pages show, worked out once: entries, rules as sentences, and where each field lives. */
import type { EntityPage, FieldPage } from '../../engine/entity-page.ts';
import type { MappingDefinition, SyncDefinition } from '../../engine/model.ts';
import type { Transform } from '../../engine/transforms/step.ts';
import type { Dictionary } from './dictionary.ts';
import type { EntityEntry, FieldEntry } from './shape.ts';

/** A sync file may use only some of the entities; `syncs` are all of them. */
export function entityPages(dictionary: Dictionary, syncs: readonly SyncDefinition[]): readonly EntityPage[] {
  return [...dictionary.entities].map(([name, entity]) => {
    const own = syncs.filter((sync) => sync.entity === name);
    return {
      name,
      meaning: entity.meaning ?? '',
      fields: Object.entries(entity.fields).map(([field, entry]) => fieldPage(field, entry, entity, own)),
      rules: (entity.rules ?? []).map(({ says }) => says),
      sides: [...new Set(own.flatMap((sync) => sync.sides.map((side) => side.name)))],
    };
  });
}

function fieldPage(
  name: string,
  entry: FieldEntry,
  entity: EntityEntry,
  syncs: readonly SyncDefinition[],
): FieldPage {
  return {
    name,
    title: entry.title ?? '',
    meaning: entry.meaning ?? '',
    type: entry.type,
    owner: entry.owner ?? '',
    isRequired: entry.required === true,
    sensitivity: entry.sensitivity ?? '',
    rules: rulesOf(entry),
    onViolation: entry.on_violation ?? entity.on_violation ?? 'hold',
    values: Object.entries(entry.values ?? {}).map(([value, allowed]) => ({
      value,
      meaning: typeof allowed === 'string' ? allowed : allowed.meaning,
      at: typeof allowed === 'string' ? '' : spelled(allowed.at ?? {}),
    })),
    examples: (entry.examples ?? []).map(String),
    at: mappingsOf(name, syncs),
  };
}

function spelled(at: Readonly<Record<string, string | number | boolean>>): string {
  return Object.entries(at)
    .map(([side, value]) => `${side}: ${String(value)}`)
    .join(', ');
}

function rulesOf(entry: FieldEntry): readonly string[] {
  const { min, max } = entry;
  return [
    ...(entry.required === true ? ['must not be empty'] : []),
    ...(entry.values === undefined ? [] : [`one of ${Object.keys(entry.values).join(', ')}`]),
    ...(entry.format === undefined ? [] : [`looks like ${entry.format}`]),
    ...(entry.max_length === undefined ? [] : [`at most ${String(entry.max_length)} characters`]),
    ...(min === undefined ? [] : [`at least ${String(min)}`]),
    ...(max === undefined ? [] : [`at most ${String(max)}`]),
    ...(entry.rules ?? []).map(({ says }) => says),
  ];
}

function mappingsOf(field: string, syncs: readonly SyncDefinition[]): ReadonlyMap<string, string> {
  const at = new Map<string, string>();
  for (const side of syncs.flatMap((sync) => sync.sides)) {
    const mapping = side.fields.find((known) => known.field === field);
    if (mapping !== undefined && !at.has(side.name)) at.set(side.name, mappingText(mapping));
  }
  return at;
}

const ARROWS = { both: '⇄', in: '→', out: '←' } as const;

/** `⇄ full_name`: `→` the side only gives it, `←` it only receives it. */
function mappingText(mapping: MappingDefinition): string {
  const { computed, direction, native, transforms, writes } = mapping;
  const place = computed === undefined ? native : `${computed.kind}: ${computed.text}`;
  const steps = transforms.map(stepText);
  if (writes === 'ifEmpty') steps.push('only while empty');
  return `${ARROWS[direction]} ${place}${steps.length === 0 ? '' : ` (${steps.join('; ')})`}`;
}

/** The step by its name in sync files, with what it was given. */
function stepText(step: Transform): string {
  if (step.kind === 'values')
    return step.pairs.map(([native, golden]) => `${String(native)} = ${String(golden)}`).join(', ');
  const { kind, ...given } = step;
  const name = kind.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return [name, ...Object.values(given).map(String)].join(' ');
}
