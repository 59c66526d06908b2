import { Text, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';

import classes from './Page.module.css';

/** The frame of every page: its name, one sentence about it, what can be done, and the content below. */
export function Page({
  title,
  about,
  actions,
  children,
}: {
  readonly title: string;
  readonly about?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Trueup`;
  }, [title]);
  return (
    <div className={classes['page']}>
      <header className={classes['head']}>
        <div>
          <Title order={1} size="h2">
            {title}
          </Title>
          {about !== undefined && (
            <Text component="div" c="dimmed" size="sm" mt={2}>
              {about}
            </Text>
          )}
        </div>
        {actions !== undefined && <div className={classes['actions']}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}
