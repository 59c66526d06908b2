import { Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

import classes from './Panel.module.css';

/** A framed part of a page, with a name of its own if it needs one. */
export function Panel({
  title,
  about,
  aside,
  flush = false,
  children,
}: {
  readonly title?: ReactNode;
  readonly about?: ReactNode;
  readonly aside?: ReactNode;
  /** The content brings its own edges: a list, a table. */
  readonly flush?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <section className={classes['panel']}>
      {title !== undefined && (
        <header className={classes['head']}>
          <div>
            <Title order={2} size="h5">
              {title}
            </Title>
            {about !== undefined && (
              <Text c="dimmed" size="sm" component="div">
                {about}
              </Text>
            )}
          </div>
          {aside}
        </header>
      )}
      <div className={flush ? classes['flush'] : classes['body']}>{children}</div>
    </section>
  );
}
