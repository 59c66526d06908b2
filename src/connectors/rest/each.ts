/** Does one after the other, so many at once; the results in order. Throws what the first to throw threw, when all are done. */
export async function eachOf<One, Result>(
  all: readonly One[],
  atOnce: number,
  act: (one: One, index: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < all.length; start += atOnce)
    results.push(
      ...(await Promise.all(all.slice(start, start + atOnce).map((one, index) => act(one, start + index)))),
    );
  return results;
}
