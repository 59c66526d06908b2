/** What the system allows, and where its answers say how that stands. */
import { DAILY_CEILINGS, type Limit, type LimitNews } from '../../connector/http/budget.ts';
import type { LimitReader } from '../../connector/http/client-options.ts';
import { textAt } from './answers.ts';
import type { LimitShape } from './description/auth.ts';
import type { Place } from './description/words.ts';

const SECOND_MS = 1_000;
const WINDOW_MS = 60_000;

export function limitOf({ name, units, per_second, window, cost, daily }: LimitShape): Limit {
  return {
    name,
    units,
    refill:
      per_second === undefined
        ? { kind: 'window', windowMs: window ?? WINDOW_MS }
        : { kind: 'steady', unitsPerSecond: per_second },
    costDefault: cost,
    ...(daily === true ? { ceilings: DAILY_CEILINGS } : {}),
  };
}

/** What is no number was not said. */
export function limitReader(limits: readonly LimitShape[]): LimitReader {
  return ({ headers, content }) => {
    const numberAt = (place: Place | undefined): number | null => {
      const text = place === undefined ? null : textAt(place, headers, content);
      const number = text === null || text.trim() === '' ? Number.NaN : Number(text);
      return Number.isFinite(number) && number >= 0 ? number : null;
    };
    const news: Record<string, LimitNews[string]> = {};
    for (const { name, learn } of limits) {
      if (learn === undefined) continue;
      const [remaining, max] = [numberAt(learn.remaining), numberAt(learn.max)];
      const [charged, resets] = [numberAt(learn.charged), numberAt(learn.resets_in)];
      news[name] = {
        ...(remaining === null ? {} : { unitsRemaining: remaining }),
        ...(max === null ? {} : { unitsMax: max }),
        ...(charged === null ? {} : { unitsCharged: charged }),
        ...(resets === null ? {} : { resetsInMs: resets * SECOND_MS }),
      };
    }
    return news;
  };
}
