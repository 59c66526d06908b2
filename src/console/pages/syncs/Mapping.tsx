import { Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';

import type { Journey, SyncDetail } from '../../data/contract.ts';
import { journeyQuery, recordsQuery } from '../../data/queries.ts';
import { Panel } from '../../parts/Panel.tsx';
import { Shown } from '../../parts/Shown.tsx';
import { Tag } from '../../parts/Tag.tsx';
import { To } from '../../parts/To.tsx';
import classes from './Mapping.module.css';

/** Every field in sentences: what it is, who decides, what it is called at each side, and what it is for a real record. */
export function Mapping({ sync }: { readonly sync: SyncDetail }) {
  const example = useExample(sync);
  return (
    <Panel
      flush
      title={`${sync.entity}, field by field`}
      about={
        example === undefined ? (
          'An example is shown as soon as a record is known'
        ) : (
          <>
            With{' '}
            <To to="/records/$identity" params={{ identity: example.identity }}>
              {example.title}
            </To>{' '}
            as the example
          </>
        )
      }
    >
      {sync.fields.map((field) => (
        <section key={field.name} className={classes['field']}>
          <div>
            <Text fw={600} size="sm">
              {field.name} {field.isRequired && <Tag tone="excluded">required</Tag>}
            </Text>
            <Text size="xs" c="dimmed">
              {field.type}
            </Text>
            <Text size="xs" c="dimmed">
              {field.policy}
            </Text>
          </div>
          <ul className={classes['sentences']}>
            {sync.mappings
              .filter((mapping) => mapping.field === field.name)
              .map(({ side, sentence }) => (
                <li key={side}>{sentence}</li>
              ))}
          </ul>
          <div className={classes['example']}>
            <Text size="xs" c="dimmed">
              for example
            </Text>
            <Shown value={example?.fields.find(({ name }) => name === field.name)?.golden} />
          </div>
        </section>
      ))}
    </Panel>
  );
}

/** Any record of the sync that has an identity. */
function useExample({ name, sides }: SyncDetail): Journey | undefined {
  const found = useInfiniteQuery(recordsQuery({ sync: name, side: sides[0]?.name }));
  const identity = found.data?.pages[0]?.items.find((known) => known.identity !== null)?.identity ?? null;
  return useQuery({ ...journeyQuery(identity ?? ''), enabled: identity !== null }).data;
}
