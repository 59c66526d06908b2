import { Tooltip } from '@mantine/core';

import type { Liveness } from '../data/live.ts';
import classes from './LiveDot.module.css';

const WORDS: Readonly<Record<Liveness, string>> = {
  connecting: 'Connecting to the server',
  live: 'Live: changes appear by themselves',
  lost: 'The server does not answer; trying again. What you see may be old',
};

/** Whether what is shown follows what happens. */
export function LiveDot({ liveness }: { readonly liveness: Liveness }) {
  return (
    <Tooltip label={WORDS[liveness]} multiline maw={240}>
      <span className={classes['dot']} data-liveness={liveness} role="status" aria-label={WORDS[liveness]} />
    </Tooltip>
  );
}
