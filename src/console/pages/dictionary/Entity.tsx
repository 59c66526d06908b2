import { Text } from '@mantine/core';

import type { Dictionary } from '../../data/contract.ts';
import { listed } from '../../parts/numbers.ts';
import { Panel } from '../../parts/Panel.tsx';
import { Tag } from '../../parts/Tag.tsx';
import { To } from '../../parts/To.tsx';
import classes from './Dictionary.module.css';

type EntitySeen = Dictionary['entities'][number];
type Field = EntitySeen['fields'][number];

/** One kind of thing: its meaning, its rules, and its fields one by one. */
export function Entity({ entity }: { readonly entity: EntitySeen }) {
  const { name, meaning, fields, rules, syncs } = entity;
  return (
    <Panel
      title={name}
      about={
        <>
          {meaning === '' ? null : `${meaning} `}
          {syncs.length > 0 && 'Kept in step by '}
          {syncs.map((sync, index) => (
            <span key={sync}>
              {index > 0 && ', '}
              <To to="/syncs/$sync" params={{ sync }} search={{ tab: 'mapping' }}>
                {sync}
              </To>
            </span>
          ))}
        </>
      }
      flush
    >
      {rules.length > 0 && (
        <Text size="sm" className={classes['whole'] ?? ''}>
          Of every record: {rules.join('; ')}.
        </Text>
      )}
      <ul className={classes['fields']}>
        {fields.map((field) => (
          <FieldRow key={field.name} field={field} />
        ))}
      </ul>
    </Panel>
  );
}

function FieldRow({ field }: { readonly field: Field }) {
  const { name, title, meaning, type, sensitivity } = field;
  return (
    <li className={classes['field']} id={`field-${name}`}>
      <div>
        <h3 className={classes['name']}>
          {name} <Tag tone="excluded">{type}</Tag>
        </h3>
        {title !== '' && (
          <Text size="xs" c="dimmed">
            {title}
          </Text>
        )}
        {sensitivity !== '' && sensitivity !== 'public' && (
          <Text size="xs" c="dimmed">
            {sensitivity}
          </Text>
        )}
      </div>
      <div>
        {meaning !== '' && <Text size="sm">{meaning}</Text>}
        <Good field={field} />
      </div>
      <Places field={field} />
    </li>
  );
}

const IF_NOT: Readonly<Record<string, string>> = {
  hold: 'Any other waits for a person',
  flag: 'Any other is taken, and told of',
  correct: 'Any other is put right with what stood before',
};

/** Which values are good, and what becomes of one that is not. */
function Good({ field: { rules, values, examples, onViolation } }: { readonly field: Field }) {
  return (
    <>
      {values.length > 0 && (
        <dl className={classes['values']}>
          {values.map(({ value, meaning, at }) => (
            <div key={value}>
              <dt>{value}</dt>
              <dd>
                {meaning}
                {at !== '' && <Text size="xs" c="dimmed" span>{` (${at})`}</Text>}
              </dd>
            </div>
          ))}
        </dl>
      )}
      {rules.length > 0 && (
        <Text size="sm" c="dimmed">
          {rules.join('; ')}. {IF_NOT[onViolation]}.
        </Text>
      )}
      {examples.length > 0 && (
        <Text size="sm" c="dimmed">
          Such as {listed(examples)}
        </Text>
      )}
    </>
  );
}

const WAYS: readonly (readonly [arrow: string, words: string])[] = [
  ['⇄', 'gives and receives'],
  ['→', 'only gives'],
  ['←', 'only receives'],
];

/** Who owns the field, and who writes it where. */
function Places({ field: { owner, sides } }: { readonly field: Field }) {
  return (
    <div>
      <Text size="sm">{owner === '' ? 'Every side may change it' : `Owned by ${owner}`}</Text>
      <ul className={classes['sides']}>
        {sides.map(({ side, mapping }) => {
          const way = WAYS.find(([arrow]) => mapping.startsWith(arrow));
          return (
            <li key={side}>
              <b>{side}</b> {way?.[1]} <code>{mapping.slice(way === undefined ? 0 : 1).trim()}</code>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
