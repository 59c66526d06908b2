import type { ReactNode } from 'react';

import type { Tone } from './states.ts';
import classes from './Tag.module.css';

/** A word with a colour that says how well something is; the word says it too. */
export function Tag({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return (
    <span className={classes['tag']} data-tone={tone}>
      {children}
    </span>
  );
}
