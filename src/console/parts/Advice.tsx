import { Fragment } from 'react';

import { adviceParts } from './advice-parts.ts';
import { To } from './To.tsx';

/** What to do, with links to where it is done. */
export function Advice({ advice }: { readonly advice: string }) {
  return adviceParts(advice).map((part, index) => {
    const key = `${String(index)} ${part.kind}`;
    if (part.kind === 'words') return <Fragment key={key}>{part.words}</Fragment>;
    if (part.kind === 'place')
      return (
        <To key={key} to={part.to}>
          {part.words}
        </To>
      );
    const { connection } = part;
    return (
      <To key={key} to="/connections/$connection" params={{ connection }}>
        the connection {connection}
      </To>
    );
  });
}
