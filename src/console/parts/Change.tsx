import { IconArrowNarrowRight } from '@tabler/icons-react';

import type { Json } from '../../lib/json.ts';
import classes from './Change.module.css';
import { Shown } from './Shown.tsx';

/** A field before and after; without a before, the field of something new. */
export function Change({
  field,
  before,
  after,
}: {
  readonly field: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}) {
  return (
    <div className={classes['change']}>
      <span className={classes['field']}>{field}</span>
      {before !== undefined && (
        <>
          <del aria-label={`${field} before`}>
            <Shown value={before} />
          </del>
          <IconArrowNarrowRight size={15} aria-hidden />
        </>
      )}
      <ins aria-label={`${field} after`}>
        <Shown value={after} />
      </ins>
    </div>
  );
}
