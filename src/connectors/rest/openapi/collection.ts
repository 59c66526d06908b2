/** One collection of a drafted description, from the requests that the document knows of it. */
import type { JsonObject } from '../../../lib/json.ts';
import { flow, line, quoted } from './lines.ts';
import {
  answerHeaders,
  answerOf,
  bodyOf,
  listAt,
  operationOf,
  wrappedAt,
  type Operation,
  type Resource,
} from './operations.ts';
import { modifiedIn, pagesOf, sinceOf } from './pages.ts';
import { fieldsOf, propertiesOf, type DraftField } from './schemas.ts';

interface Drafting {
  readonly document: JsonObject;
  readonly resource: Resource;
  readonly element: JsonObject;
  readonly records: string;
  readonly list: Operation;
  readonly single: Operation | null;
}

/** Empty where the path is no list after all. */
export function collectionLines(document: JsonObject, name: string, resource: Resource): readonly string[] {
  const found = listAt(document, resource.path);
  const list = operationOf(document, resource.path, 'GET');
  if (found === null || list === null) return [];
  const single = operationOf(document, resource.singlePath, 'GET');
  const drafting = { document, resource, list, single, ...found };
  const fields = writtenFields(drafting);
  return [
    `  ${quoted(name)}:`,
    ...idLines(drafting),
    ...versionLines(drafting),
    ...fieldLines(fields),
    ...listLines(drafting),
    ...changeLines(drafting),
    ...getLines(drafting),
    ...findLines(drafting, fields),
    ...createLines(drafting, fields),
    ...overwriteLines(drafting, 'update'),
    ...overwriteLines(drafting, 'delete'),
  ];
}

function idLines({ document, element, resource }: Drafting): readonly string[] {
  const names = [...propertiesOf(document, element).properties.keys()];
  const parameter = /\{([^{}]+)\}$/.exec(resource.singlePath ?? '')?.[1] ?? '';
  const id = names.find((name) => /^id$/i.test(name)) ?? names.find((name) => name === parameter);
  if (id !== undefined) return line(2, `id: ${quoted(`/${id}`)}`);
  const guess = names.find((name) => /id$/i.test(name)) ?? 'id';
  return line(2, `id: ${quoted(`/${guess}`)}`, 'where in a record its id stands');
}

function versionLines({ document, element, single }: Drafting): readonly string[] {
  const names = [...propertiesOf(document, element).properties.keys()];
  const modified = modifiedIn(names);
  const version = names.find((name) =>
    /^(?:version|revision|_rev|etag|sync_?token|lock_version)$/i.test(name),
  );
  const hasTag = answerHeaders(document, single).includes('etag');
  return [
    ...(version === undefined
      ? []
      : line(
          2,
          `# version: ${quoted(`/${version}`)}`,
          'whether every change gives it a new value; then uncomment it',
        )),
    ...(version === undefined && hasTag
      ? line(
          2,
          '# version: {header: ETag}',
          'single records carry an ETag; using it needs by_id: true in list, changes and find',
        )
      : []),
    ...(modified === null ? [] : line(2, `modified: {at: ${quoted(`/${modified}`)}}`)),
    ...line(2, 'read_lag: 0s', 'how long after a write reads may still show what was before'),
  ];
}

/** Only what a create or an update takes can be written. */
function writtenFields(drafting: Drafting): readonly DraftField[] {
  const { document, element, resource } = drafting;
  const bodies = [operationOf(document, resource.path, 'POST'), updateOf(drafting)].flatMap((operation) => {
    const body = bodyOf(document, operation);
    if (body === null) return [];
    const wrap = wrappedAt(document, body.schema, element).slice(1);
    const inner =
      wrap === '' ? body.schema : (propertiesOf(document, body.schema).properties.get(wrap) ?? body.schema);
    return [propertiesOf(document, inner)];
  });
  const takes = new Set(bodies.flatMap(({ properties }) => [...properties.keys()]));
  const required = bodies[0]?.required ?? new Set<string>();
  return fieldsOf(document, element).map((field) => {
    const [, top = ''] = field.at.split('/');
    const isTaken = takes.size === 0 || takes.has(top);
    return { ...field, readOnly: field.readOnly || !isTaken, required: required.has(field.name) && isTaken };
  });
}

function fieldLines(fields: readonly DraftField[]): readonly string[] {
  const lines = fields.map(({ name, at, type, options, lengthMax, required, readOnly }) => {
    const shape = flow({
      type,
      at: at === `/${name}` ? undefined : quoted(at),
      options: options.length === 0 ? undefined : `[${options.map(quoted).join(', ')}]`,
      length_max: lengthMax ?? undefined,
      required: required ? true : undefined,
      read_only: readOnly ? true : undefined,
    });
    return `      ${quoted(name)}: ${shape === `{type: ${type}}` ? type : shape}`;
  });
  return [
    ...line(2, 'fields:', 'which fields the system keeps unique (unique: true), and which of these you need'),
    ...lines,
  ];
}

function listLines({ document, list, records, resource }: Drafting): readonly string[] {
  const pages = pagesOf(document, list);
  return [
    ...line(2, 'list:'),
    ...line(3, `path: ${quoted(resource.path)}`, openPath(resource)),
    `      records: ${records === '' ? "''" : quoted(records)}`,
    ...line(3, `pages: ${pages.text}`, pages.decide),
  ];
}

function openPath({ path }: Resource): string | undefined {
  return path.includes('{') ? 'what stands in braces: write it out, here and in every path below' : undefined;
}

function changeLines({ document, list, element, records, resource }: Drafting): readonly string[] {
  const since = sinceOf(list);
  const modified = modifiedIn(propertiesOf(document, element).properties.keys());
  if (since === null || modified === null)
    return line(2, '# changes:', 'how changes are asked for; without it everything is read again and again');
  return [
    ...line(
      2,
      'changes:',
      `whether ${since.name} really gives every record changed since then, and how late one may appear (overlap)`,
    ),
    '      kind: since',
    `      path: ${quoted(resource.path)}`,
    `      records: ${records === '' ? "''" : quoted(records)}`,
    `      since: ${quoted(since.name)}`,
    '      overlap: 60s',
    `      pages: ${pagesOf(document, list).text}`,
  ];
}

function getLines({ document, single, resource, element }: Drafting): readonly string[] {
  if (single === null)
    return line(
      2,
      `get: {path: ${quoted(`${resource.path}/{id}`)}}`,
      'how one record is read by its id; the document names no such path',
    );
  const schema = answerOf(document, single);
  const record = schema === null ? '' : wrappedAt(document, schema, element);
  return line(
    2,
    `get: ${flow({ path: idPath(single), record: record === '' ? undefined : quoted(record) })}`,
  );
}

function findLines(
  { list, resource, records, document }: Drafting,
  fields: readonly DraftField[],
): readonly string[] {
  const found = fields.filter(
    ({ name, type }) =>
      ['email', 'text', 'phone', 'uuid'].includes(type) &&
      list.parameters.some((parameter) => parameter.in === 'query' && parameter.name === name),
  );
  if (found.length === 0) return [];
  return [
    ...line(2, 'find:', 'whether each gives every record with the value, in whatever case'),
    ...found.map(({ name }) => {
      const pages = pagesOf(document, list).text;
      const shape = flow({
        path: quoted(resource.path),
        value: quoted(name),
        records: records === '' ? "''" : quoted(records),
        pages,
      });
      return `      ${quoted(name)}: ${shape}`;
    }),
  ];
}

function createLines(drafting: Drafting, fields: readonly DraftField[]): readonly string[] {
  const { document, resource, element } = drafting;
  const create = operationOf(document, resource.path, 'POST');
  const body = bodyOf(document, create);
  if (create === null || body === null) return [];
  const answer = answerOf(document, create);
  const record = answer === null ? '' : wrappedAt(document, answer, element);
  const idName = idLines(drafting).at(-1)?.trim().slice('id: '.length) ?? '/id';
  const inHeader = answer === null && answerHeaders(document, create).includes('location');
  const findable = findLines(drafting, fields).length > 0;
  return [
    ...line(2, 'create:'),
    `      path: ${quoted(resource.path)}`,
    '      method: POST',
    ...putLines(drafting, create),
    ...(record === '' ? [] : [`      answer: {record: ${quoted(record)}}`]),
    ...line(
      3,
      `id: ${inHeader ? '{header: Location}' : idName}`,
      answer === null ? 'where the new id stands' : undefined,
    ),
    ...line(
      3,
      `identity: ${findable ? 'search' : 'none'}`,
      'how a record is found again whose answer was lost: unique_key, search or none',
    ),
  ];
}

function updateOf({ document, resource }: Drafting): Operation | null {
  const { singlePath } = resource;
  return (
    operationOf(document, singlePath, 'PATCH') ??
    operationOf(document, singlePath, 'PUT') ??
    operationOf(document, singlePath, 'POST')
  );
}

function overwriteLines(drafting: Drafting, kind: 'update' | 'delete'): readonly string[] {
  const { document, resource } = drafting;
  const operation =
    kind === 'update' ? updateOf(drafting) : operationOf(document, resource.singlePath, 'DELETE');
  if (operation === null) return [];
  const takesVersion = operation.parameters.some(
    (one) => one.in === 'header' && /^if-match$/i.test(one.name),
  );
  const whole =
    operation.method === 'PUT'
      ? 'whether PUT leaves fields alone that are not sent; if not, leave updates out'
      : undefined;
  return [
    ...line(2, `${kind}:`, whole),
    `      path: ${idPath(operation)}`,
    `      method: ${operation.method}`,
    ...(kind === 'update' ? putLines(drafting, operation) : []),
    ...(takesVersion
      ? line(3, 'if_version: {header: If-Match}', 'whether the system really refuses another version')
      : []),
  ];
}

function putLines({ document, element }: Drafting, operation: Operation): readonly string[] {
  const body = bodyOf(document, operation);
  const at = body === null ? '' : wrappedAt(document, body.schema, element);
  const key = operation.parameters.find((one) => one.in === 'header' && /^idempotency-key$/i.test(one.name));
  return [
    ...(at === '' ? [] : [`      at: ${quoted(at)}`]),
    ...(body?.form === true ? ['      form: true'] : []),
    ...(key === undefined ? [] : [`      key: {header: ${quoted(key.name)}}`]),
  ];
}

function idPath({ path }: Operation): string {
  return quoted(path.replace(/\{[^{}]+\}$/, '{id}'));
}
