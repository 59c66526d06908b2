import fc from 'fast-check';
import { expect, test } from 'vitest';

import { ConnectorFailure, type Failure, type FailureKind } from '../failure.ts';
import { batched } from './batched.ts';
import { nextLink, nextOffset, pages } from './pages.ts';
import { path, urlOf } from './path.ts';

type Result = { readonly wish: string; readonly failure?: Failure };

const failed = (wish: string, failure: Failure): Result => ({ wish, failure });
const failure = (kind: FailureKind): ConnectorFailure =>
  new ConnectorFailure({ kind, code: `acme.${kind}`, message: kind });

async function collect<T>(list: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const one of list) all.push(one);
  return all;
}

test('every wish gets its result in order, and no batch is larger than allowed', async () => {
  const wishes = fc.array(fc.string({ maxLength: 12 }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(
      wishes,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 30 }),
      async (all, sizeMax, bytesMax) => {
        const sent: string[] = [];
        const results = await batched<string, Result>(all, {
          system: 'acme',
          sizeMax,
          bytesMax,
          bytesOf: (wish) => wish.length,
          failed,
          send: async (batch) => {
            expect(batch.length).toBeLessThanOrEqual(sizeMax);
            expect(batch.join('').length).toBeLessThanOrEqual(bytesMax);
            sent.push(...batch);
            return batch.map((wish) => ({ wish }));
          },
        });
        expect(results.map(({ wish }) => wish)).toEqual(all);
        expect(sent).toEqual(all.filter((wish) => wish.length <= bytesMax));
        for (const result of results)
          expect(result.failure?.kind).toBe(result.wish.length > bytesMax ? 'invalid' : undefined);
      },
    ),
  );
});

test.each<[FailureKind, readonly (FailureKind | undefined)[]]>([
  ['invalid', ['invalid', 'invalid', undefined]],
  ['permanent', ['permanent', 'permanent', undefined]],
  ['unknownOutcome', ['unknownOutcome', 'unknownOutcome', 'transient']],
  ['auth', ['auth', 'auth', 'auth']],
  ['rateLimited', ['rateLimited', 'rateLimited', 'rateLimited']],
])('after a batch that ended %s, its wishes and the rest are %j', async (kind, kinds) => {
  let sent = 0;
  const results = await batched<string, Result>(['a', 'b', 'c'], {
    system: 'acme',
    sizeMax: 2,
    failed,
    send: async (batch) => {
      sent += 1;
      if (sent === 1) throw failure(kind);
      return batch.map((wish) => ({ wish }));
    },
  });
  expect(results.map((result) => result.failure?.kind)).toEqual(kinds);
  expect(sent).toBe(kinds[2] === undefined ? 2 : 1);
});

test('results that are too few belong to nobody', async () => {
  const results = await batched<string, Result>(['a', 'b'], {
    system: 'acme',
    sizeMax: 5,
    failed,
    send: async () => [{ wish: 'a' }],
  });
  expect(results.map((result) => result.failure?.kind)).toEqual(['unknownOutcome', 'unknownOutcome']);
});

test('pages are read when they are asked for, to the last', async () => {
  const reads: number[] = [];
  const list = pages<readonly number[], number>({
    system: 'acme',
    first: 0,
    read: async (offset) => {
      reads.push(offset);
      return Array.from({ length: offset < 200 ? 100 : 30 }, (_, index) => offset + index);
    },
    next: (page, offset) => nextOffset(offset, page.length, 100),
  });
  const iterator = list[Symbol.asyncIterator]();
  await iterator.next();
  expect(reads).toEqual([0]);
  expect((await collect(list)).flat()).toHaveLength(130);
  expect(reads).toEqual([0, 100, 200]);
});

test('a list that does not end is a failure, not an end', async () => {
  const stuck = pages({ system: 'acme', first: 'a', read: async () => 1, next: () => 'a' });
  await expect(collect(stuck)).rejects.toThrow('acme.endless_list');
  const long = pages<number, number>({
    system: 'acme',
    first: 0,
    read: async () => 1,
    next: (_, at) => at + 1,
    pagesMax: 5,
  });
  await expect(collect(long)).rejects.toThrow('more than 5 pages');
});

test.each([
  ['<https://h/a?page=2>; rel="next"', 'https://h/a?page=2'],
  ['<https://h/1>; rel="first", <https://h/3>; rel=next; title="a, b"', 'https://h/3'],
  ['<https://h/1>; title="x"; rel="prev next"', 'https://h/1'],
  ['<https://h/1>; rel="last"', null],
  ['', null],
])('the next link of %j is %j', (link, expected) => {
  expect(nextLink(new Map([['link', link]]))).toBe(expected);
});

test('no value leaves its segment of a path', () => {
  // A lone surrogate has no encoding at all, and the two steps are refused below.
  const ids = fc.string({ minLength: 1, unit: 'binary' }).filter((id) => id !== '.' && id !== '..');
  fc.assert(
    fc.property(fc.oneof(ids, fc.constantFrom('../x', '%2e%2e', 'a/b', 'a?b#c', 'a\\..\\b')), (id) => {
      const url = urlOf('https://acme.example/api', path`/contacts/${id}/notes`);
      expect(url?.pathname.split('/')).toEqual(['', 'api', 'contacts', encodeURIComponent(id), 'notes']);
      expect(url?.search).toBe('');
    }),
  );
  for (const id of ['', '.', '..']) expect(() => path`/contacts/${id}`).toThrow('http.path_segment');
});
