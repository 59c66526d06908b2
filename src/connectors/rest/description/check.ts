/** What the shape of a collection cannot say: that its parts fit each other. */
import type { Findings } from '../../../lib/yaml/findings.ts';
import type { Path } from '../../../lib/yaml/places.ts';
import { suggest } from '../../../lib/yaml/suggest.ts';
import type { Pages } from './lists.ts';
import type { CollectionShape } from './shape.ts';
import type { CreateShape, WriteShape } from './writes.ts';

export function checkCollection(name: string, collection: CollectionShape, findings: Findings): void {
  const at = (...steps: readonly (string | number)[]): Path => ['collections', name, ...steps];
  checkFields(collection, findings, at);
  checkReads(collection, findings, at);
  checkChanges(collection, findings, at);
  const { create, update, delete: remove } = collection;
  if (create !== undefined) checkCreate(collection, create, findings, at);
  if (update !== undefined) checkOne(update, 'update', findings, at);
  if (remove !== undefined) checkOne(remove, 'delete', findings, at);
}

type At = (...steps: readonly (string | number)[]) => Path;

function checkFields({ fields }: CollectionShape, findings: Findings, at: At): void {
  if (Object.keys(fields).length === 0)
    findings.atKey(at('fields'), 'there is no field', 'Describe at least one.');
  for (const [name, field] of Object.entries(fields)) {
    const type = typeof field === 'string' ? field : field.type;
    if (type === 'choice' && (typeof field === 'string' || field.options === undefined))
      findings.atValue(
        at('fields', name),
        'a choice needs its options',
        'Write {type: choice, options: [a, b]}.',
      );
  }
}

function checkReads(collection: CollectionShape, findings: Findings, at: At): void {
  const { get, list, find, version } = collection;
  if (!get.path.includes('{id}') && get.id_at === undefined && !mentionsId(get.query))
    findings.atValue(
      at('get', 'path'),
      'nothing here says which record is meant',
      'Put {id} into the path or the query.',
    );
  checkPages(list.pages, findings, at('list', 'pages'));
  for (const [field, { pages, value, path }] of Object.entries(find)) {
    checkPages(pages, findings, at('find', field, 'pages'));
    if (value === undefined && !path.includes('{value}'))
      findings.atKey(
        at('find', field),
        'nothing here says which value is sought',
        'Say value, or put {value} into the path.',
      );
    if (collection.fields[field] === undefined)
      findings.atKey(
        at('find', field),
        `there is no field \`${field}\``,
        suggest(field, Object.keys(collection.fields)),
      );
  }
  const inHeader = typeof version === 'object';
  if (inHeader && list.by_id !== true)
    findings.atValue(
      at('version'),
      'a version in a header comes only with single records, and the list would have none',
      'Give list (and changes, find) by_id: true, which reads each record by its id, or point at a version in the record.',
    );
  if (inHeader && get.many !== undefined)
    findings.atKey(
      at('get', 'many'),
      'a version in a header comes only with single records',
      'Leave many out.',
    );
}

function checkPages(pages: Pages, findings: Findings, path: Path): void {
  if (pages.kind === 'offset' && pages.size.max < 2)
    findings.atValue(
      [...path, 'size'],
      'a page of one record cannot overlap with the next',
      'Ask for at least 2.',
    );
  if (pages.kind === 'cursor' && pages.next === undefined && pages.more === undefined)
    findings.atValue(
      path,
      'nothing here says which page is the last',
      'Say next (where the cursor stands) or more (where it says whether there is more).',
    );
}

function checkChanges({ changes, modified, deleted }: CollectionShape, findings: Findings, at: At): void {
  if (changes?.kind !== 'since') return;
  if (modified === undefined)
    findings.atKey(
      at('changes'),
      'to ask for changes since a moment, the moment of each change must be known',
      'Say modified: {at: POINTER}.',
    );
  checkPages(changes.pages, findings, at('changes', 'pages'));
  if (changes.reads_max !== undefined && changes.sorted !== true)
    findings.atKey(
      at('changes', 'reads_max'),
      'a question can be asked anew from where it stopped only if the oldest come first',
      'Say sorted: true if they do.',
    );
  if (changes.deleted_shown === true && deleted === undefined)
    findings.atKey(
      at('changes', 'deleted_shown'),
      'nothing says how a deleted record shows',
      'Say deleted: {at: POINTER, …}.',
    );
  if (changes.overlap < changes.grain)
    findings.atValue(
      at('changes', 'overlap'),
      'it is shorter than the grain of the stamps, so changes at one moment would be missed',
      'Make it as long at least.',
    );
}

function checkCreate(collection: CollectionShape, create: CreateShape, findings: Findings, at: At): void {
  const { identity, many, id } = create;
  const searched = Object.keys(collection.find).map((name) => collection.fields[name]);
  if (identity !== 'none' && searched.length === 0)
    findings.atValue(
      at('create', 'identity'),
      'a record whose answer was lost is looked for, and nothing here says how',
      'Describe find for a field that identifies it, or say identity: none.',
    );
  else if (
    identity === 'unique_key' &&
    !searched.some((field) => typeof field === 'object' && field.unique === true)
  )
    findings.atValue(
      at('create', 'identity'),
      'no field that can be found is unique',
      'Mark it unique: true if the system really refuses a second one, or say identity: search.',
    );
  if (id === undefined && many === undefined)
    findings.atKey(
      at('create', 'id'),
      'nothing says where the new id stands',
      'Say id: POINTER or {header: Location}.',
    );
  if (many !== undefined && many.id === undefined)
    findings.atKey(
      at('create', 'many', 'id'),
      'nothing says where the new id stands',
      'Say id: POINTER, in a result.',
    );
  if (create.if_version !== undefined)
    findings.atKey(at('create', 'if_version'), 'a new record has no version', 'Remove it.');
}

/** An update or delete must say which record it means. */
function checkOne(write: WriteShape, kind: 'update' | 'delete', findings: Findings, at: At): void {
  if (!write.path.includes('{id}') && write.id_at === undefined && !mentionsId(write.query))
    findings.atValue(
      at(kind, 'path'),
      'nothing here says which record is meant',
      'Put {id} into the path, or say id_at.',
    );
  const { many } = write;
  if (many !== undefined && many.id_at === undefined)
    findings.atKey(at(kind, 'many', 'id_at'), 'nothing says which record is meant', 'Say id_at: POINTER.');
  if (many !== undefined && write.if_version !== undefined && many.if_version === undefined)
    findings.atKey(
      at(kind, 'many', 'if_version'),
      'single writes are conditional, and those in a batch would not be',
      'Say where the version goes in a record of the list, or leave many out.',
    );
}

function mentionsId(query: Readonly<Record<string, string | number | boolean>> | undefined): boolean {
  return Object.values(query ?? {}).some((value) => String(value).includes('{id}'));
}
