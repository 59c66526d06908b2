/** Dead letters as records of a custom object of the org, told apart by an external id. The README says which fields it has. */
import type { ErrorLog, LoggedLetter, LogResult, SolvedLetter } from '../../connector/error-log.ts';
import type { Failure } from '../../connector/failure.ts';
import { batched } from '../../connector/http/batched.ts';
import { path } from '../../connector/http/path.ts';
import { failureFrom } from '../../connector/own-failures.ts';
import { isJsonArray, type Json, type JsonObject } from '../../lib/json.ts';
import type { SalesforceApi } from './api.ts';
import type { Catalog } from './catalog.ts';
import { failureOf, failureOfRecord, systemErrorOf } from './failures.ts';
import type { SalesforceField, SalesforceObject } from './object.ts';
import { isObject, isTrue, objectsOf, textOf } from './wire.ts';

const KEY = 'Letter_Id__c';
const STATUS = 'Status__c';
const MESSAGE = 'Error_Message__c';
const ROWS_MAX = 200;
/** Salesforce’s words for the states, as its guides use them. */
const STATUSES = { waiting: 'Pending', retrying: 'Retrying', discarded: 'Abandoned', solved: 'Resolved' };
/** What is shown where the object has a field for it. */
const MORE: Readonly<Record<string, (letter: LoggedLetter) => Json>> = {
  Source_System__c: ({ side }) => side,
  Object_Type__c: ({ collection }) => collection,
  Operation__c: ({ tried }) => tried,
  Record_Id__c: ({ recordId }) => recordId,
  Sync__c: ({ sync }) => sync,
  Error_Code__c: ({ code }) => code,
  Error_Field__c: ({ field }) => field,
  Advice__c: ({ advice }) => advice,
  Retry_Count__c: ({ tries }) => tries,
  First_Failed_At__c: ({ firstFailedMs }) => new Date(firstFailedMs).toISOString(),
  Last_Failed_At__c: ({ lastFailedMs }) => new Date(lastFailedMs).toISOString(),
};

type Letter = LoggedLetter | SolvedLetter;

/** The log in an object, whose name the connection gives. */
export function errorLogIn(api: SalesforceApi, catalog: Catalog, name: string): ErrorLog {
  return {
    lacks: async () => {
      try {
        return lacksOf(await catalog.object(name));
      } catch (error) {
        return [failureFrom(error).message];
      }
    },
    put: async (letters) => {
      const object = await catalog.object(name);
      const [lack] = lacksOf(object);
      if (lack !== undefined) return letters.map(({ key }) => failed(key, failureOf('log_unfit', lack)));
      return await batched<Letter, LogResult>(inKinds(letters), {
        system: 'salesforce',
        sizeMax: ROWS_MAX,
        send: (some) => send(api, object, some),
        failed: ({ key }, failure) => failed(key, failure),
      }).then((results) => inOrder(letters, results));
    },
  };
}

function failed(key: string, failure: Failure): LogResult {
  return { kind: 'failed', key, failure };
}

/** What is missing of what the log cannot do without. */
function lacksOf({ name, can, fields }: SalesforceObject): readonly string[] {
  const lacks: string[] = [];
  if (!can.create || !can.update) lacks.push(`The user may not create and edit records of ${name}.`);
  const key = fields.get(KEY);
  if (key === undefined || !key.isKey || !key.unique)
    lacks.push(`${name} has no text field ${KEY} that is an external id and unique.`);
  for (const needed of [STATUS, MESSAGE])
    if (fields.get(needed)?.createable !== true)
      lacks.push(`${name} has no field ${needed} that the user may edit.`);
  const status = fields.get(STATUS);
  const missing = Object.values(STATUSES).filter((word) => status?.options?.includes(word) === false);
  if (missing.length > 0) lacks.push(`${name}.${STATUS} lacks the values ${missing.join(', ')}.`);
  const demanded = [...fields.values()].filter(
    (field) =>
      field.required &&
      field.through === null &&
      ![KEY, STATUS, MESSAGE].includes(field.name) &&
      !(field.name in MORE),
  );
  if (demanded.length > 0)
    lacks.push(`${name} demands ${demanded.map((field) => field.name).join(', ')}, which nothing fills.`);
  return lacks;
}

/** Letters first, then those that are solved: they are sent differently, and a batch is of one kind. */
function inKinds(letters: readonly Letter[]): readonly Letter[] {
  return letters.toSorted((one, other) => (one.kind < other.kind ? -1 : Number(one.kind > other.kind)));
}

function inOrder(letters: readonly Letter[], results: readonly LogResult[]): readonly LogResult[] {
  const byKey = new Map(results.map((result) => [result.key, result]));
  return letters.map(({ key }) => byKey.get(key) ?? failed(key, noResult()));
}

async function send(
  api: SalesforceApi,
  object: SalesforceObject,
  some: readonly Letter[],
): Promise<readonly LogResult[]> {
  const open = some.filter((letter) => letter.kind === 'letter');
  const solved = some.filter((letter) => letter.kind === 'solved');
  const own = path`/composite/sobjects/${object.name}/${KEY}`;
  return [
    ...(await patch(api, own, open, (letter) => recordOf(object, letter))),
    ...(await patch(api, '/composite/sobjects', solved, ({ recordId }) => ({
      attributes: { type: object.name },
      id: recordId,
      [STATUS]: STATUSES.solved,
    }))),
  ];
}

async function patch<One extends Letter>(
  api: SalesforceApi,
  below: string,
  letters: readonly One[],
  record: (letter: One) => JsonObject,
): Promise<readonly LogResult[]> {
  if (letters.length === 0) return [];
  const value = { allOrNone: false, records: letters.map(record) };
  const body = { kind: 'json' as const, value };
  // An upsert of the same values may be repeated; it counts for nothing that people wait for.
  const { content } = await api.json(below, {
    operation: 'log',
    method: 'PATCH',
    effect: 'write',
    purpose: 'sweep',
    body,
  });
  const results = isJsonArray(content) ? content : [];
  return letters.map((letter, index) => resultOf(letter, results[index]));
}

function resultOf(letter: Letter, result: Json | undefined): LogResult {
  const { key } = letter;
  if (!isObject(result)) return failed(key, noResult());
  const recordId = textOf(result['id']);
  if (isTrue(result['success'])) return { kind: 'told', key, recordId };
  const [error] = objectsOf(result['errors']);
  const failure = error === undefined ? noResult() : failureOfRecord(systemErrorOf(error));
  // Somebody has thrown the entry away, which is as good as solved.
  if (letter.kind === 'solved' && failure.code === 'salesforce.record_gone')
    return { kind: 'told', key, recordId: letter.recordId };
  return failed(key, failure);
}

function noResult(): Failure {
  return failureOf('outcome_unknown', 'The answer does not say what became of an entry of the error log.');
}

function recordOf(object: SalesforceObject, letter: LoggedLetter): JsonObject {
  const record: Record<string, Json> = { attributes: { type: object.name } };
  const set = (name: string, value: Json): void => {
    const field = object.fields.get(name);
    if (field?.createable === true) record[name] = fitting(field, value);
  };
  set(KEY, letter.key);
  set(STATUS, STATUSES[letter.state]);
  set(MESSAGE, letter.message);
  for (const [name, valueOf] of Object.entries(MORE)) set(name, valueOf(letter));
  return record;
}

function fitting({ length }: SalesforceField, value: Json): Json {
  return typeof value === 'string' && length > 0 ? value.slice(0, length) : value;
}
