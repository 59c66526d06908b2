/** The day's allowance of API requests, as every answer tells it. */
import { DAILY_CEILINGS, type Limit } from '../../connector/http/budget.ts';
import type { LimitReader } from '../../connector/http/client-options.ts';

/** What the smallest edition with an API has; the first answer says what it really is. */
const REQUESTS_A_DAY = 100_000;
const DAY_SECONDS = 86_400;

/** Rolling over 24 hours: what was spent comes back bit by bit. */
export const DAILY: Limit = {
  name: 'daily',
  units: REQUESTS_A_DAY,
  refill: { kind: 'steady', unitsPerSecond: REQUESTS_A_DAY / DAY_SECONDS },
  costDefault: 1,
  ceilings: DAILY_CEILINGS,
};

/** How much of the day's allowance the whole org has used, by everybody together. */
export interface Usage {
  readonly used: number;
  readonly max: number;
}

/** Null where the header `Sforce-Limit-Info` says nothing of it. */
export function usageIn(header: string | undefined): Usage | null {
  const [, used, max] = /\bapi-usage=(\d+)\/(\d+)/.exec(header ?? '') ?? [];
  return used === undefined || max === undefined ? null : { used: Number(used), max: Number(max) };
}

/** Feeds the budget, and tells `heard` what was read. */
export function limitReader(heard: (usage: Usage) => void): LimitReader {
  return ({ headers }) => {
    const usage = usageIn(headers.get('sforce-limit-info'));
    if (usage === null) return {};
    heard(usage);
    return { daily: { unitsMax: usage.max, unitsRemaining: Math.max(0, usage.max - usage.used) } };
  };
}
