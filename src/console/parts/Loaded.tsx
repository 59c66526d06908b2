import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { RefusalNote } from './RefusalNote.tsx';
import { Waiting } from './Waiting.tsx';

/** Draws an answer once it is there; until then its shape, or why it cannot be had. Old answers stay while new ones come. */
export function Loaded<T>({
  query,
  children,
}: {
  readonly query: UseQueryResult<T>;
  readonly children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error !== null) return <RefusalNote error={query.error} retry={() => void query.refetch()} />;
  return <Waiting />;
}
