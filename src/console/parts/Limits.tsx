import type { Connection } from '../data/contract.ts';
import { LimitBar, QuotaBar } from './LimitBars.tsx';

/** Every limit of a connection once: by what the system says of it where it does, else by what we keep to. */
export function Limits({ connection: { limits, quotas } }: { readonly connection: Connection }) {
  const told = new Set(quotas.map(({ limit }) => limit));
  return (
    <>
      {quotas.map((quota) => (
        <QuotaBar key={quota.limit} quota={quota} />
      ))}
      {limits
        .filter(({ name }) => !told.has(name))
        .map((limit) => (
          <LimitBar key={limit.name} limit={limit} />
        ))}
    </>
  );
}
