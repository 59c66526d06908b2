import { Tooltip } from '@mantine/core';

import { useNowMs } from './now.ts';
import { ago, exactTime, until } from './time.ts';

/** A moment as its distance from now; the exact time on hover and for those who listen. */
export function Ago({ at, never = 'never' }: { readonly at: string | null; readonly never?: string }) {
  const nowMs = useNowMs();
  if (at === null) return <span>{never}</span>;
  return <Moment at={at} text={ago(Date.parse(at), nowMs)} />;
}

/** A moment to come, in the same way; `now` once it has. */
export function Until({ at }: { readonly at: string }) {
  const nowMs = useNowMs();
  return <Moment at={at} text={until(Date.parse(at), nowMs)} />;
}

function Moment({ at, text }: { readonly at: string; readonly text: string }) {
  return (
    <Tooltip label={exactTime(at)} openDelay={250}>
      <time dateTime={at}>{text}</time>
    </Tooltip>
  );
}
