/** Single records by their ids: one after the other, or several in one request. */
import type { Lookup } from '../../connector/contract.ts';
import type { AnswerHeaders, Purpose } from '../../connector/http/request.ts';
import { failureFrom } from '../../connector/own-failures.ts';
import { type Json } from '../../lib/json.ts';
import { draftOf, putAt, valueAt } from '../../lib/pointer.ts';
import { rowsAt } from './answers.ts';
import type { Asking, RestApi } from './api.ts';
import { idOf, rowOf, type Collection, type Row } from './collection.ts';
import { eachOf } from './each.ts';
import { failureOf } from './failures.ts';
import type { Field } from './fields.ts';
import { namesOf } from './names.ts';
import { spelledAs } from './request.ts';

/** Which records, which of their fields, and for whom. */
export interface Look {
  readonly api: RestApi;
  readonly collection: Collection;
  readonly fields: readonly Field[];
  readonly purpose: Purpose;
  readonly signal: AbortSignal;
}

/** One lookup per id, in order. */
export async function lookUp(look: Look, ids: readonly string[]): Promise<readonly Lookup[]> {
  const { many } = look.collection.shape.get;
  if (many === undefined) return await eachOf(ids, look.api.atOnce, (id) => lookUpOne(look, id));
  const found = new Map<string, Lookup>();
  const asked = [...new Set(ids)];
  for (let start = 0; start < asked.length; start += many.max)
    for (const lookup of await lookUpMany(look, asked.slice(start, start + many.max)))
      found.set(lookup.kind === 'found' ? lookup.record.id : lookup.id, lookup);
  return ids.map((id) => found.get(id) ?? { kind: 'absent', id });
}

async function lookUpOne(look: Look, id: string): Promise<Lookup> {
  const { collection, api, fields } = look;
  const { get } = collection.shape;
  try {
    const answer = await api.send(
      get,
      {
        names: namesOf(fields, { id }),
        ...(get.id_at === undefined ? {} : { slots: [{ slot: get.id_at, value: id }] }),
      },
      { ...asking(look), expects: [...get.absent, ...get.hidden] },
    );
    if (get.hidden.includes(answer.status)) return { kind: 'hidden', id };
    if (get.absent.includes(answer.status)) return { kind: 'absent', id };
    const row = valueAt(answer.content, get.record);
    // Some systems answer what they do not have with nothing.
    if (row === undefined || row === null) return { kind: 'absent', id };
    return lookupOf(rowOf(collection, row, answer.headers, fields, id), id);
  } catch (error) {
    return { kind: 'failed', id, failure: failureFrom(error) };
  }
}

async function lookUpMany(look: Look, ids: readonly string[]): Promise<readonly Lookup[]> {
  const { collection, api, fields } = look;
  const { many } = collection.shape.get;
  if (many === undefined) return [];
  try {
    const { ids: slot } = many;
    const inQuery = 'query' in slot ? [{ slot: { query: slot.query }, value: ids.join(slot.separator) }] : [];
    const draft =
      'query' in slot
        ? undefined
        : putAt(
            draftOf(many.body ?? {}),
            slot.body,
            ids.map((id) => putAt(null, slot.each, spelledAs(slot.as, id))),
          );
    const answer = await api.send(
      many,
      { names: namesOf(fields, {}), slots: inQuery, ...(draft === undefined ? {} : { body: draft }) },
      asking(look),
    );
    const rows = rowsAt(answer.content, many.records, asking(look).operation);
    const lookups = new Map(rows.map((row) => lookupIn(collection, row, answer.headers, fields)));
    return ids.map((id) => lookups.get(id) ?? { kind: 'absent', id });
  } catch (error) {
    const failure = failureFrom(error);
    return ids.map((id) => ({ kind: 'failed', id, failure }));
  }
}

function lookupIn(
  collection: Collection,
  row: Json,
  headers: AnswerHeaders,
  fields: readonly Field[],
): readonly [string, Lookup] {
  const id = idOf(collection, row) ?? '';
  return [id, lookupOf(rowOf(collection, row, headers, fields, id), id)];
}

function lookupOf(row: Row, id: string): Lookup {
  switch (row.kind) {
    case 'record':
      if (row.record.id === id) return { kind: 'found', record: row.record };
      return {
        kind: 'failed',
        id,
        failure: failureOf('unexpected_answer', 'Asked for one record, the system gave another.'),
      };
    case 'deleted':
      return { kind: 'absent', id };
    case 'unreadable':
      return { kind: 'failed', id, failure: row.unreadable.failure };
  }
}

function asking({ collection, purpose, signal }: Look): Asking {
  return { operation: `${collection.name}.get`, effect: 'read', purpose, signal };
}
