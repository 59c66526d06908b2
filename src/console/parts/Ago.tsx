import { Tooltip } from '@mantine/core';

import { useNowMs } from './now.ts';
import { ago, exactTime } from './time.ts';

/** A moment as its distance from now; the exact time on hover and for those who listen. */
export function Ago({ at, never = 'never' }: { readonly at: string | null; readonly never?: string }) {
  const nowMs = useNowMs();
  if (at === null) return <span>{never}</span>;
  return (
    <Tooltip label={exactTime(at)} openDelay={250}>
      <time dateTime={at}>{ago(Date.parse(at), nowMs)}</time>
    </Tooltip>
  );
}
