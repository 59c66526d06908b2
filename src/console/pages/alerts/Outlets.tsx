/** What channels and collectors have in common: each is told something by itself, can be tried, and can be given up. */
import { Group, Text } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import type { Page } from '../../data/contract.ts';
import { useMay } from '../../data/session.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { Tag } from '../../parts/Tag.tsx';
import classes from './Alerts.module.css';

/** All of one kind, a sentence where there is none, and for admins the form that adds one. */
export function OutletPanel<Outlet>({
  title,
  about,
  query,
  none,
  form,
  children,
}: {
  readonly title: string;
  readonly about: string;
  readonly query: UseQueryResult<Pick<Page<Outlet>, 'items'>>;
  readonly none: string;
  readonly form: ReactNode;
  readonly children: (outlet: Outlet) => ReactNode;
}) {
  const isAdmin = useMay('admin');
  return (
    <Panel title={title} about={about} flush>
      <Loaded query={query}>
        {({ items: outlets }) => (
          <>
            {outlets.length === 0 && (
              <Text size="sm" c="dimmed" px={18} py={14}>
                {none}
              </Text>
            )}
            <ul className={classes['list']}>{outlets.map(children)}</ul>
          </>
        )}
      </Loaded>
      {isAdmin && form}
    </Panel>
  );
}

/** One of them: whether it works, and if not, why. */
export function OutletRow({
  name,
  trouble,
  actions,
  children,
}: {
  readonly name: string;
  /** Null while it works. */
  readonly trouble: string | null;
  readonly actions: ReactNode;
  /** What it is told, and when it was last. */
  readonly children: ReactNode;
}) {
  return (
    <li className={classes['row']}>
      <Tag tone={trouble === null ? 'in-sync' : 'dead'}>{trouble === null ? 'works' : 'fails'}</Tag>
      <div className={classes['words']}>
        <Text size="sm" fw={550}>
          {name}
        </Text>
        <Text size="sm" c="dimmed" component="div">
          {children}
        </Text>
        {trouble !== null && <Text size="sm">{trouble}</Text>}
      </div>
      <Group gap={8}>{actions}</Group>
    </li>
  );
}
