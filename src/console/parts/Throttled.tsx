import { Text } from '@mantine/core';

import type { Connection } from '../data/contract.ts';
import { Ago } from './Ago.tsx';

/** Until when a system wants to be left alone, and why; nothing where it does not. */
export function Throttled({ throttled }: { readonly throttled: Connection['throttled'] }) {
  if (throttled === null) return null;
  return (
    <Text size="sm" component="div">
      Throttled: it is asked again <Ago at={throttled.until} />
      {throttled.reason === null ? '.' : `, because: ${throttled.reason}`} What is owed waits until then.
    </Text>
  );
}
