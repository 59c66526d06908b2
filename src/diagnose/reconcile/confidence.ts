/**
 * What a sample says about all: how large the share that differs can be at most. Exact, by Clopper and Pearson, one-sided.
 * It holds for draws without replacement and for strata of equal shares as well: by Hoeffding's theorem of 1956 both find few
 * differences no more often than independent draws do.
 */

/** Of a hundred samples that say "fewer than", ninety-five are right. */
export const CONFIDENCE = 0.95;

const HALVINGS = 60;

/**
 * The share of all (0 to 1) below which the differing ones are with that confidence, when `found` of `sampled` differ: were
 * it reached, so few would be found in 1 - `confidence` of all samples at most.
 */
export function shareBelow(found: number, sampled: number, confidence: number = CONFIDENCE): number {
  if (found >= sampled) return 1;
  let [low, high] = [found / sampled, 1];
  for (let halving = 0; halving < HALVINGS; halving += 1) {
    const middle = (low + high) / 2;
    if (chanceOfAtMost(found, sampled, middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** How many of those that were not sampled can differ, when fewer than `share` of `all` do and `found` are known. */
export function othersAtMost(share: number, all: number, sampled: number, found: number): number {
  const differing = Math.ceil(share * all) - 1;
  return Math.max(0, Math.min(all - sampled, differing - found));
}

/** P(X ≤ found) for X binomial. Terms by their logarithms: a single one may be too small for a number. */
function chanceOfAtMost(found: number, draws: number, share: number): number {
  if (share <= 0) return 1;
  if (share >= 1) return 0;
  const [hit, miss] = [Math.log(share), Math.log1p(-share)];
  let term = draws * miss;
  let sum = Math.exp(term);
  for (let count = 1; count <= found; count += 1) {
    term += Math.log((draws - count + 1) / count) + hit - miss;
    sum += Math.exp(term);
  }
  return Math.min(1, sum);
}
