import { Text, UnstyledButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Revision } from '../../data/contract.ts';
import { revisionsQuery } from '../../data/queries.ts';
import { Ago } from '../../parts/Ago.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { RevisionDiff } from './RevisionDiff.tsx';
import classes from './Revisions.module.css';

/** How the sync came to be what it is: every revision, what it changed, and the way back to it. */
export function Revisions({ name }: { readonly name: string }) {
  const query = useQuery(revisionsQuery(name));
  return <Loaded query={query}>{({ items }) => <List name={name} revisions={items} />}</Loaded>;
}

function List({ name, revisions }: { readonly name: string; readonly revisions: readonly Revision[] }) {
  const sorted = revisions.toSorted((left, right) => right.revision - left.revision);
  const [chosen, setChosen] = useState(sorted[0]?.revision ?? 1);
  const before = sorted.find(({ revision }) => revision < chosen)?.revision ?? null;
  return (
    <div className={classes['revisions']}>
      <nav aria-label="Revisions" className={classes['list']}>
        {sorted.map(({ revision, author, savedAt }) => (
          <UnstyledButton
            key={revision}
            className={classes['revision']}
            aria-current={revision === chosen}
            onClick={() => setChosen(revision)}
          >
            <Text size="sm" fw={550}>
              Revision {revision}
            </Text>
            <Text size="xs" c="dimmed" component="div">
              {author} · <Ago at={savedAt} />
            </Text>
          </UnstyledButton>
        ))}
      </nav>
      <RevisionDiff name={name} revision={chosen} before={before} isNewest={chosen === sorted[0]?.revision} />
    </div>
  );
}
