import { Button, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Journey, SyncDetail } from '../../data/contract.ts';
import { journeyQuery, recordsQuery } from '../../data/queries.ts';
import { useMay } from '../../data/session.ts';
import { Panel } from '../../parts/Panel.tsx';
import { Shown } from '../../parts/Shown.tsx';
import { Tag } from '../../parts/Tag.tsx';
import { To } from '../../parts/To.tsx';
import classes from './Mapping.module.css';
import { MappingEditor } from './MappingEditor.tsx';

/** Every field in sentences: what it is, who decides, what it is called at each side, what it is for a real record; and the way to change it. */
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
        <Field
          key={field.name}
          sync={sync}
          field={field}
          example={example?.fields.find(({ name }) => name === field.name)?.golden}
        />
      ))}
    </Panel>
  );
}

function Field({
  sync,
  field,
  example,
}: {
  readonly sync: SyncDetail;
  readonly field: SyncDetail['fields'][number];
  readonly example: Journey['fields'][number]['golden'] | undefined;
}) {
  const mayEdit = useMay('admin');
  const [edited, setEdited] = useState<string | null>(null);
  const sentences = new Map(
    sync.mappings
      .filter((mapping) => mapping.field === field.name)
      .map(({ side, sentence }) => [side, sentence]),
  );
  return (
    <section className={classes['field']}>
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
        {sync.sides.map(({ name: side }) => (
          <li key={side}>
            <span>
              {sentences.get(side) ?? <Text span inherit c="dimmed">{`Not kept at ${side}.`}</Text>}
            </span>
            {mayEdit && (
              <Button
                size="compact-xs"
                variant="subtle"
                aria-label={`${sentences.has(side) ? 'Change' : 'Map it:'} ${field.name} at ${side}`}
                aria-expanded={edited === side}
                onClick={() => setEdited(edited === side ? null : side)}
              >
                {sentences.has(side) ? 'Change' : 'Map it'}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <div className={classes['example']}>
        <Text size="xs" c="dimmed">
          for example
        </Text>
        <Shown value={example} />
      </div>
      {edited !== null && (
        <MappingEditor
          key={edited}
          sync={sync.name}
          side={edited}
          field={field.name}
          onDone={() => setEdited(null)}
        />
      )}
    </section>
  );
}

/** Any record of the sync that has an identity. */
function useExample({ name, sides }: SyncDetail): Journey | undefined {
  const found = useInfiniteQuery(recordsQuery({ sync: name, side: sides[0]?.name }));
  const identity = found.data?.pages[0]?.items.find((known) => known.identity !== null)?.identity ?? null;
  return useQuery({ ...journeyQuery(identity ?? ''), enabled: identity !== null }).data;
}
