/** The top of a drafted description: where the system is, how a connection proves who it is, how it says no. */
import type { JsonObject } from '../../../lib/json.ts';
import { isObject, listOf, membersOf, resolved, textOf } from './document.ts';
import { flow, line, quoted } from './lines.ts';
import { answerHeaders, errorAnswerOf, operationOf, type Operation, type Resource } from './operations.ts';
import { propertiesOf } from './schemas.ts';

const TITLE_CHARS_MAX = 80;

export function headLines(document: JsonObject, resources: readonly Resource[]): readonly string[] {
  const about = isObject(document['info']) ? document['info'] : {};
  const title = (textOf(about['title']) ?? 'REST API')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, TITLE_CHARS_MAX);
  const lists = resources.flatMap(({ path }) => operationOf(document, path, 'GET') ?? []);
  return [
    '# Drafted from an OpenAPI document. It tells how requests look, and not what they promise: go through every "decide:".',
    'rest: 1',
    `title: ${quoted(title === '' ? 'REST API' : title)}`,
    ...serverLines(document),
    ...authLines(document, lists[0]),
    ...limitLines(document, lists),
    ...errorLines(document, lists),
  ];
}

function serverLines(document: JsonObject): readonly string[] {
  const server = resolved(document, listOf(document['servers'])[0]);
  let url = textOf(server?.['url']) ?? '';
  const unknown: string[] = [];
  for (const [name, variable] of membersOf(server?.['variables'])) {
    const value = isObject(variable) ? textOf(variable['default']) : null;
    url = url.replaceAll(`{${name}}`, value ?? '{account}');
    unknown.push(name);
  }
  url = url.replaceAll(/\{[^{}]*\}/g, '{account}').replace(/\/$/, '');
  if (!/^https?:\/\/[^\s?#]+$/.test(url))
    return line(
      0,
      'base_url: https://api.example.com',
      'the address of the API; the document names none that is whole',
    );
  const why =
    unknown.length === 0
      ? undefined
      : `the document lets ${unknown.join(', ')} vary; {account} stands for the setting`;
  return line(0, `base_url: ${quoted(url)}`, why);
}

function authLines(document: JsonObject, operation: Operation | undefined): readonly string[] {
  const components = isObject(document['components']) ? document['components'] : {};
  const schemes = isObject(components['securitySchemes']) ? components['securitySchemes'] : {};
  const wanted = [...listOf(operation?.raw['security']), ...listOf(document['security'])].flatMap((one) =>
    membersOf(one).map(([name]) => name),
  );
  const names = [...wanted, ...Object.keys(schemes)].filter((name) => Object.hasOwn(schemes, name));
  for (const name of new Set(names)) {
    const auth = authOf(resolved(document, schemes[name]));
    if (auth === null) continue;
    const others = [...new Set(names)].filter((other) => other !== name);
    const why = others.length === 0 ? undefined : `the document also knows ${others.join(', ')}`;
    return line(0, `auth: ${auth}`, why);
  }
  return line(
    0,
    'auth: {kind: bearer}',
    'how a connection proves who it is; the document does not say it in a way that is known here',
  );
}

function authOf(scheme: JsonObject | null): string | null {
  const [kind, name] = [textOf(scheme?.['type']), textOf(scheme?.['name']) ?? ''];
  if (kind === 'apiKey' && (scheme?.['in'] === 'header' || scheme?.['in'] === 'query'))
    return flow({ kind: 'api_key', [scheme['in']]: quoted(name) });
  if (kind === 'http') {
    const word = (textOf(scheme?.['scheme']) ?? '').toLowerCase();
    return word === 'basic' || word === 'bearer' ? flow({ kind: word }) : null;
  }
  const flows = isObject(scheme?.['flows']) ? scheme['flows'] : {};
  const [byClient, byCode] = [flows['clientCredentials'], flows['authorizationCode']];
  if (isObject(byClient) && isAddress(byClient['tokenUrl']))
    return flow({
      kind: 'client_credentials',
      token_url: quoted(byClient['tokenUrl']),
      ...scopeOf(byClient),
    });
  if (isObject(byCode) && isAddress(byCode['tokenUrl']) && isAddress(byCode['authorizationUrl']))
    return flow({
      kind: 'authorization_code',
      authorization_url: quoted(byCode['authorizationUrl']),
      token_url: quoted(byCode['tokenUrl']),
      ...scopeOf(byCode),
    });
  return null;
}

function scopeOf(grant: JsonObject): { readonly scope?: string } {
  const scopes = membersOf(grant['scopes']).map(([name]) => name);
  return scopes.length === 0 ? {} : { scope: quoted(scopes.join(' ')) };
}

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && /^https?:\/\/[^\s?#]+$/.test(value);
}

function header(name: string | undefined): string | undefined {
  return name === undefined ? undefined : flow({ header: quoted(name) });
}

function limitLines(document: JsonObject, lists: readonly Operation[]): readonly string[] {
  const headers = lists.flatMap((list) => answerHeaders(document, list));
  const remaining = headers.find((name) => /ratelimit-remaining/.test(name));
  const max = headers.find((name) => /ratelimit-limit/.test(name));
  const resets = headers.find((name) => /ratelimit-reset/.test(name));
  const learn = flow({ remaining: header(remaining), max: header(max), resets_in: header(resets) });
  return [
    ...line(0, 'limits:', 'what the system allows: the document cannot say it, so this is cautious'),
    ...line(
      1,
      `- ${flow({ name: 'requests', units: 60, per_second: 2, learn: learn === '{}' ? undefined : learn })}`,
    ),
  ];
}

const CODES: readonly string[] = ['code', 'errorCode', 'error_code', 'type', 'category', 'status'];
const MESSAGES: readonly string[] = [
  'message',
  'detail',
  'error_description',
  'description',
  'title',
  'error',
];

function errorLines(document: JsonObject, lists: readonly Operation[]): readonly string[] {
  for (const list of lists) {
    const schema = errorAnswerOf(document, list);
    const found = schema === null ? null : errorAt(document, schema, '', 0);
    if (found === null) continue;
    return [
      'errors:',
      '  find:',
      ...line(2, `- ${flow(found)}`, 'whether the system also says no with a status of success'),
    ];
  }
  return line(0, 'errors: {find: [], table: []}', 'where errors stand in answers, and what their codes mean');
}

function errorAt(
  document: JsonObject,
  schema: JsonObject,
  at: string,
  depth: number,
): { readonly code?: string; readonly message?: string } | null {
  const { properties } = propertiesOf(document, schema);
  const isPlain = (name: string): boolean =>
    properties.has(name) && propertiesOf(document, properties.get(name)).properties.size === 0;
  const [code, message] = [CODES.find(isPlain), MESSAGES.find(isPlain)];
  for (const name of ['error', 'errors', 'fault']) {
    const property = properties.get(name);
    if (property === undefined || depth > 1) continue;
    const element = property['items'] === undefined ? null : resolved(document, property['items']);
    const inner = errorAt(
      document,
      element ?? property,
      `${at}/${name}${element === null ? '' : '/0'}`,
      depth + 1,
    );
    if (inner !== null) return inner;
  }
  if (message === undefined) return null;
  return { ...(code === undefined ? {} : { code: `${at}/${code}` }), message: `${at}/${message}` };
}
