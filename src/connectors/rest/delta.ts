/** A feed by addresses: each answer names the one to ask for what comes next, deletes included. */
import type { Cursor } from '../../connector/contract.ts';
import type { Answer } from '../../connector/http/request.ts';
import { pageOf, type Told } from '../../connector/notices.ts';
import { isJsonArray, type Json } from '../../lib/json.ts';
import { valueAt } from '../../lib/pointer.ts';
import { holds, rowsAt, scalarText } from './answers.ts';
import type { Asking } from './api.ts';
import type { Row } from './collection.ts';
import type { ChangesShape } from './description/lists.ts';
import { refuse } from './failures.ts';
import { noticesOf, pagesFor, type Feed } from './notices.ts';
import { rowsOf, walkOf } from './read.ts';

type Delta = Extract<ChangesShape, { readonly kind: 'delta' }>;

const PAGES_MAX = 1_000_000;

/** From null, walks to the present address without telling anything; from an address, everything behind it. */
export async function* deltaPages(
  feed: Feed,
  changes: Delta,
  since: Cursor | null,
): AsyncGenerator<Told<Cursor>> {
  let address = since === null ? null : addressIn(feed, since);
  for (let count = 0; count < PAGES_MAX; count += 1) {
    const answer = await ask(feed, changes, address);
    const next = scalarText(valueAt(answer.content, changes.next));
    const delta = scalarText(valueAt(answer.content, changes.delta));
    const following = next ?? delta;
    if (following === null || (following === address && delta === null))
      throw refuse(
        'unexpected_answer',
        `The changes of ${feed.look.collection.name} name no address to go on with.`,
      );
    const after = { collection: feed.look.collection.name, address: following };
    const isEnd = next === null;
    if (since !== null) {
      const notices = noticesOf(feed, await rowsIn(feed, changes, answer));
      const before = address === null ? after : { collection: feed.look.collection.name, address };
      yield* pagesFor(feed, { notices, before, after, caughtUp: isEnd });
    } else if (isEnd) yield { page: pageOf([], after, true), position: after };
    if (isEnd) return;
    address = following;
  }
  throw refuse('unexpected_answer', `The changes of ${feed.look.collection.name} do not end.`);
}

async function ask({ look }: Feed, changes: Delta, address: string | null): Promise<Answer<Json>> {
  const { asking, names } = walkOf(look, 'changes', 1);
  const expecting: Asking = { ...asking, expects: changes.expired };
  const answer =
    address === null
      ? await look.api.send(changes, { names }, expecting)
      : await look.api.follow(address, changes, expecting);
  if (!changes.expired.includes(answer.status)) return answer;
  throw refuse(
    'cursor_expired',
    `The system no longer knows the stored position in ${look.collection.name}.`,
  );
}

async function rowsIn(
  { look }: Feed,
  changes: Delta,
  { content, headers }: Answer<Json>,
): Promise<readonly Row[]> {
  const all = rowsAt(content, changes.records, 'changes');
  const gone = all.filter((row) => holds(changes.deleted, row));
  const there = all.filter((row) => !holds(changes.deleted, row));
  const idAt = changes.deleted_id ?? look.collection.shape.id;
  const deleted = gone.flatMap((row): readonly Row[] => {
    const id = scalarText(valueAt(row, idAt));
    return id === null ? [] : [{ kind: 'deleted', id }];
  });
  return [...(await rowsOf(look, { rows: there, headers }, changes.by_id === true)), ...deleted];
}

function addressIn({ look }: Feed, cursor: Cursor): string {
  const isOurs =
    cursor !== null &&
    typeof cursor === 'object' &&
    !isJsonArray(cursor) &&
    cursor['collection'] === look.collection.name;
  const address = isOurs ? cursor['address'] : undefined;
  if (typeof address === 'string') return address;
  throw refuse('cursor_expired', `The stored position does not belong to ${look.collection.name}.`);
}
