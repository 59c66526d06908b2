/** A sync file beside the dictionary: every disagreement where it stands in the sync file, or the file with the rules in it. */
import type { FieldDefinition, SideDefinition, SyncDefinition } from '../../engine/model.ts';
import type { ValueRule } from '../../engine/rules.ts';
import type { FieldType } from '../../engine/value.ts';
import { Findings } from '../../lib/yaml/findings.ts';
import type { Path, Places } from '../../lib/yaml/places.ts';
import { listed, suggest } from '../../lib/yaml/suggest.ts';
import type { ParsedFile, SyncFile } from '../sync-file.ts';
import type { Dictionary } from './dictionary.ts';
import { fieldRules, namesIn, recordRules, typeOf } from './entry.ts';
import type { EntityEntry, FieldEntry } from './shape.ts';

/** The file with what the dictionary demands of its values. Rules that read a field which a sync does not have are not its. */
export function withDictionary(file: SyncFile, dictionary: Dictionary): ParsedFile {
  const findings = new Findings(file.places);
  for (const sync of file.syncs) checkSync(sync, dictionary, findings);
  if (findings.errors.length > 0) return { kind: 'errors', errors: findings.errors };
  const syncs = file.syncs.map((sync) => {
    const entity = dictionary.entities.get(sync.entity);
    return entity === undefined ? sync : { ...sync, rules: rulesFor(sync, entity) };
  });
  return { kind: 'ok', file: { ...file, syncs } };
}

function rulesFor(sync: SyncDefinition, entity: EntityEntry): readonly ValueRule[] {
  const own = new Set(sync.fields.map(({ name }) => name));
  const alone = sync.fields.flatMap(({ name, type }) => {
    const entry = entity.fields[name];
    return entry === undefined ? [] : fieldRules(name, entry, type, entity);
  });
  return [...alone, ...recordRules(entity)].filter(
    (rule) =>
      own.has(rule.field) &&
      (rule.kind !== 'expression' ||
        namesIn({ must: rule.text, says: rule.says }).every((name) => own.has(name))),
  );
}

function checkSync(sync: SyncDefinition, dictionary: Dictionary, findings: Findings): void {
  const path = ['syncs', sync.name];
  const entity = dictionary.entities.get(sync.entity);
  if (entity === undefined) {
    const fix = `${suggest(sync.entity, dictionary.entities.keys())} Or describe it there: trueup dictionary draft`;
    findings.atValue([...path, 'entity'], `${dictionary.fileName} does not describe \`${sync.entity}\``, fix);
    return;
  }
  for (const field of sync.fields) {
    const place = [...path, 'fields', field.name];
    const entry = entity.fields[field.name];
    if (entry === undefined) {
      const message = `${dictionary.fileName} has no field \`${field.name}\` of ${sync.entity}`;
      findings.atKey(place, message, suggest(field.name, Object.keys(entity.fields)));
    } else checkField(sync, field, entry, place, said(dictionary, sync, field.name), findings);
  }
}

/** `customers.dictionary.yaml:12`: where the dictionary says otherwise. */
function said({ places }: Dictionary, { entity }: SyncDefinition, field: string): string {
  const { file, line } = places.error(['entities', entity, 'fields', field], 'key', '');
  return `${file}:${String(line)}`;
}

function checkField(
  sync: SyncDefinition,
  field: FieldDefinition,
  entry: FieldEntry,
  path: Path,
  where: string,
  findings: Findings,
): void {
  const type = typeOf(entry);
  if (type !== null && type.kind !== field.type.kind) {
    const message = `\`${field.name}\` is of type ${wordOf(field.type)} here and ${entry.type} in ${where}`;
    findings.atValue(typePath(path, findings.places), message, 'Let the two say the same.');
    return;
  }
  if (type !== null) checkSizes(field, type, path, where, findings);
  checkRequired(field, entry, path, where, findings);
  checkOwner(sync, field, entry, path, where, findings);
  for (const side of sync.sides) checkSpelling(sync, side, field, entry, where, findings);
}

function wordOf({ kind }: FieldType): string {
  return kind.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The short form has no key of its own for the type. */
function typePath(path: Path, places: Places): Path {
  return places.spot([...path, 'type']) === null ? path : [...path, 'type'];
}

function checkSizes(
  { name, type: ours }: FieldDefinition,
  theirs: FieldType,
  path: Path,
  where: string,
  findings: Findings,
): void {
  if (ours.kind === 'text' && theirs.kind === 'text') {
    if (
      ours.lengthMax !== undefined &&
      theirs.lengthMax !== undefined &&
      ours.lengthMax !== theirs.lengthMax
    ) {
      const message = `\`${name}\` may have ${String(ours.lengthMax)} characters here and ${String(theirs.lengthMax)} in ${where}`;
      findings.atValue(
        [...path, 'max_length'],
        message,
        `Write \`max_length: ${String(theirs.lengthMax)}\`, or correct the dictionary.`,
      );
    }
  }
  const [here, there] = [optionsOf(ours), optionsOf(theirs)];
  if (here === null || there === null) return;
  const unknown = here.filter((option) => !there.includes(option));
  const missing = there.filter((option) => !here.includes(option));
  if (unknown.length > 0)
    findings.atKey(
      [...path, 'options'],
      `${where} does not allow ${listed(unknown)} for \`${name}\``,
      'Add what it means to the dictionary, or remove it here.',
    );
  if (missing.length > 0)
    findings.atKey(
      [...path, 'options'],
      `${where} allows ${listed(missing)} for \`${name}\`, which this file does not know`,
      'Add it to the options, or remove it from the dictionary.',
    );
}

function optionsOf(type: FieldType): readonly string[] | null {
  return type.kind === 'choice' || type.kind === 'set' ? (type.options ?? null) : null;
}

/** Only where both say so in so many words: without a word the one leaves the question to the other. */
function checkRequired(
  { name, required }: FieldDefinition,
  entry: FieldEntry,
  path: Path,
  where: string,
  findings: Findings,
): void {
  const place = [...path, 'required'];
  if (findings.places.spot(place) === null || required === (entry.required ?? required)) return;
  const [here, there] = required ? ['required', 'not'] : ['not required', 'it is'];
  findings.atValue(
    place,
    `\`${name}\` is ${here} here and ${there} in ${where}`,
    'Let the two say the same.',
  );
}

/** An owner that is no side of the sync owns the field elsewhere; conditions are the sync file's own. */
function checkOwner(
  sync: SyncDefinition,
  { name, policy: { owners } }: FieldDefinition,
  { owner }: FieldEntry,
  path: Path,
  where: string,
  findings: Findings,
): void {
  const last = owners.at(-1);
  const place = [...path, 'owner'];
  const isSide = sync.sides.some((side) => side.name === owner);
  if (last === undefined) {
    if (owner === undefined || !isSide) return;
    const message = `${where} says that ${owner} owns \`${name}\`, and here every side may change it`;
    findings.atKey(place, message, `Write \`owner: ${owner}\`, or remove the owner from the dictionary.`);
  } else if (owner === undefined || (isSide && owners.every(({ side }) => side !== owner))) {
    const there = owner === undefined ? 'names no owner' : `says that ${owner} does`;
    const message = `${last.side} owns \`${name}\` here, and ${where} ${there}`;
    findings.atValue(place, message, 'Let the two say the same.');
  }
}

/** The dictionary's spelling of a value at a side, beside the value map of the side. */
function checkSpelling(
  sync: SyncDefinition,
  side: SideDefinition,
  field: FieldDefinition,
  entry: FieldEntry,
  where: string,
  findings: Findings,
): void {
  const mapping = side.fields.find((known) => known.field === field.name);
  if (mapping === undefined) return;
  const step = mapping.transforms.find(({ kind }) => kind === 'values');
  const pairs = step?.kind === 'values' ? step.pairs : [];
  for (const [value, allowed] of Object.entries(entry.values ?? {})) {
    const theirs = typeof allowed === 'string' ? undefined : allowed.at?.[side.name];
    const ours = pairs.find(([, golden]) => String(golden) === value)?.[0] ?? value;
    if (theirs === undefined || String(ours) === String(theirs)) continue;
    const path = ['syncs', sync.name, 'sides', side.name, 'fields', field.name];
    const message = `${value} of \`${field.name}\` is spelled ${String(ours)} at ${side.name} here and ${String(theirs)} in ${where}`;
    findings.atValue(
      path,
      message,
      `Write it in \`values\`: {${String(theirs)}: ${value}}, or correct the dictionary.`,
    );
  }
}
