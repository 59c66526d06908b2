/** Live updates: the server says which topics have changed, and what is shown of them is asked for again. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { refresh } from './queries.ts';

export type Liveness = 'connecting' | 'live' | 'lost';

/**
 * What else a topic shows up in. A journey and a search result change with every topic that touches records; what a guard or an
 * empty side has stopped shows as a reading that moved on, or failed.
 */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  overview: ['records', 'problems', 'dead-letters', 'stops'],
  holds: ['records', 'overview'],
  connections: ['overview'],
  syncs: ['overview'],
};

/** Listens while mounted. The browser connects again by itself when the stream breaks. */
export function useLive(): Liveness {
  const client = useQueryClient();
  const [liveness, setLiveness] = useState<Liveness>('connecting');
  useEffect(() => {
    const source = new EventSource('/api/v1/events');
    source.addEventListener('open', () => setLiveness('live'));
    source.addEventListener('error', () => setLiveness('lost'));
    source.addEventListener('changed', (event: MessageEvent<string>) => {
      const { topics } = JSON.parse(event.data) as { readonly topics: readonly string[] };
      const all = new Set(topics.flatMap((topic) => [topic, ...(ALSO[topic] ?? [])]));
      refresh(client, ...all).catch(() => setLiveness('lost'));
    });
    return () => source.close();
  }, [client]);
  return liveness;
}
