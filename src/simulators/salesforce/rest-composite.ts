/** Routes that carry several requests: composite, whose parts may refer to each other's answers, and batch. */
import type { HttpAnswer, HttpRequest } from '../http-server.ts';
import { errorBody, jsonAnswer } from './answer.ts';
import { bodyOf, contextOf, isObject, objectsIn, type Call, type Route } from './call.ts';
import { SalesforceError } from './failure.ts';

const PARTS_MAX = 25;
const QUERIES_MAX = 5;
const REFERENCE = /@\{(\w+)((?:\.\w+|\[\d+\])*)\}/g;
const COSTLY = /\/(query|queryAll|composite\/sobjects)\b/i;

export const compositeRoutes: readonly Route[] = [
  { method: 'POST', path: /^\/composite$/, run: composite },
  { method: 'POST', path: /^\/composite\/batch$/, run: batch },
];

interface Part {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
  readonly referenceId: string;
}

interface PartAnswer {
  readonly body: unknown;
  readonly httpHeaders: Readonly<Record<string, string>>;
  readonly httpStatusCode: number;
  readonly referenceId: string;
}

function composite(call: Call): HttpAnswer {
  const body = bodyOf(call);
  const parts = objectsIn(body['compositeRequest'], 'compositeRequest').map(partOf);
  if (parts.length > PARTS_MAX) throw tooMany(PARTS_MAX);
  if (parts.filter(({ url }) => COSTLY.test(url)).length > QUERIES_MAX) {
    throw new SalesforceError(
      'LIMIT_EXCEEDED',
      `Limit of ${String(QUERIES_MAX)} query or collection requests exceeded`,
    );
  }
  const answers: PartAnswer[] = [];
  if (body['allOrNone'] !== true) {
    for (const part of parts) answers.push(answerPart(call, part, answers));
    return jsonAnswer(200, { compositeResponse: answers });
  }
  call.org.group(contextOf(call), () => {
    for (const part of parts) {
      answers.push(answerPart(call, part, answers));
      if (isFailed(answers.at(-1))) return 'undo';
    }
    return 'commit';
  });
  const isUndone = answers.some(isFailed);
  return jsonAnswer(200, {
    compositeResponse: isUndone ? parts.map((part, index) => halted(part, answers[index])) : answers,
  });
}

function partOf(part: Readonly<Record<string, unknown>>): Part {
  const { method, url, body, referenceId } = part;
  if (typeof method !== 'string' || typeof url !== 'string' || typeof referenceId !== 'string') {
    throw new SalesforceError('JSON_PARSER_ERROR', 'A part needs method, url and referenceId');
  }
  return { method, url, body, referenceId };
}

function answerPart(call: Call, part: Part, before: readonly PartAnswer[]): PartAnswer {
  const { referenceId } = part;
  try {
    const url = resolved(part.url, before);
    const body: unknown =
      part.body === undefined ? undefined : JSON.parse(resolved(JSON.stringify(part.body), before));
    const answer = call.dispatch(inner(call, part.method, url, body));
    const { location } = answer.headers;
    const httpHeaders = location === undefined ? {} : { Location: location };
    return { body: parsed(answer), httpHeaders, httpStatusCode: answer.status, referenceId };
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    return { body: [errorBody(error)], httpHeaders: {}, httpStatusCode: error.status, referenceId };
  }
}

/** What stood before the part that failed is taken back; the failed one keeps its own error. */
function halted(part: Part, answer: PartAnswer | undefined): PartAnswer {
  if (answer !== undefined && isFailed(answer)) return answer;
  const message = 'The transaction was rolled back since another operation in the same transaction failed.';
  const body = [{ errorCode: 'PROCESSING_HALTED', message }];
  return { body, httpHeaders: {}, httpStatusCode: 400, referenceId: part.referenceId };
}

function isFailed(answer: PartAnswer | undefined): boolean {
  return answer !== undefined && answer.httpStatusCode >= 400;
}

function batch(call: Call): HttpAnswer {
  const body = bodyOf(call);
  const requests = objectsIn(body['batchRequests'], 'batchRequests');
  if (requests.length > PARTS_MAX) throw tooMany(PARTS_MAX);
  let hasErrors = false;
  const results = requests.map(({ method, url, richInput }) => {
    if (hasErrors && body['haltOnError'] === true) {
      const message = 'Batch processing halted per request of the caller';
      return { statusCode: 412, result: [{ errorCode: 'BATCH_PROCESSING_HALTED', message }] };
    }
    const path = `/services/data/${String(url).replace(/^\/(services\/data\/)?/, '')}`;
    const answer = call.dispatch(inner(call, String(method), path, richInput));
    hasErrors ||= answer.status >= 400;
    return { statusCode: answer.status, result: parsed(answer) };
  });
  return jsonAnswer(200, { hasErrors, results });
}

function inner(call: Call, method: string, url: string, body: unknown): HttpRequest {
  const mark = url.indexOf('?');
  return {
    ...call.request,
    method,
    path: mark === -1 ? url : url.slice(0, mark),
    query: new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1)),
    body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
  };
}

function parsed(answer: HttpAnswer): unknown {
  const text = answer.body.toString();
  return text === '' ? null : (JSON.parse(text) as unknown);
}

/** Puts earlier answers' values where `@{reference.path}` stands. */
function resolved(text: string, before: readonly PartAnswer[]): string {
  return text.replaceAll(REFERENCE, (whole, reference: string, path: string) => {
    const answer = before.find(({ referenceId }) => referenceId === reference);
    if (answer === undefined || isFailed(answer)) throw unresolved(whole);
    const steps = path.match(/\w+/g) ?? [];
    const value = steps.reduce<unknown>((inside, step) => memberOf(inside, step), answer.body);
    if (typeof value !== 'string' && typeof value !== 'number') throw unresolved(whole);
    return String(value);
  });
}

function memberOf(value: unknown, step: string): unknown {
  if (Array.isArray(value)) return value[Number(step)] as unknown;
  return isObject(value) ? value[step] : undefined;
}

function unresolved(reference: string): SalesforceError {
  return new SalesforceError(
    'PROCESSING_HALTED',
    `Invalid reference specified. No value for ${reference} found`,
  );
}

function tooMany(max: number): SalesforceError {
  return new SalesforceError('LIMIT_EXCEEDED', `Limit of ${String(max)} requests exceeded`);
}
