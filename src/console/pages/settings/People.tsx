import { Button, Select, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import type { Person } from '../../data/contract.ts';
import type { BodyOf } from '../../data/endpoints.ts';
import { accountsQuery } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useSession } from '../../data/session.ts';
import { useDeed } from '../../data/use-deed.ts';
import { Ago } from '../../parts/Ago.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { Tag } from '../../parts/Tag.tsx';
import { NewPerson } from './NewPerson.tsx';
import { ROLES } from './roles.ts';
import classes from './Settings.module.css';

/** The people of the workspace and what each may do. */
export function People() {
  const query = useQuery(accountsQuery);
  return (
    <Panel title="People" about="A role may do all that the roles before it may" flush>
      <Loaded query={query}>
        {({ items: people }) => (
          <ul className={classes['list']}>
            {people.map((person) => (
              <PersonRow key={person.id} person={person} />
            ))}
          </ul>
        )}
      </Loaded>
      <NewPerson />
    </Panel>
  );
}

function PersonRow({ person }: { readonly person: Person }) {
  const { account } = useSession();
  const isSelf = account.id === person.id;
  const change = useDeed({
    send: (json: BodyOf<'PATCH', '/accounts/:id'>) =>
      send('PATCH', '/accounts/:id', { param: { id: person.id }, json }),
    notDone: 'Not changed',
    stale: ['accounts'],
  });
  return (
    <li className={classes['row']}>
      <div className={classes['words']}>
        <Text size="sm" fw={550}>
          {person.name} {isSelf && <Tag tone="excluded">you</Tag>}{' '}
          {person.isDisabled && <Tag tone="dead">disabled</Tag>}
        </Text>
        <Text size="xs" c="dimmed" component="div">
          {person.email} · last signed in <Ago at={person.lastSignInAt} />
        </Text>
      </div>
      <Select
        size="xs"
        w={130}
        aria-label={`Role of ${person.name}`}
        data={ROLES}
        value={person.role}
        disabled={isSelf}
        allowDeselect={false}
        onChange={(role) => {
          if (role !== null) change.mutate({ role });
        }}
      />
      <Button
        size="xs"
        variant="default"
        disabled={isSelf}
        loading={change.isPending}
        onClick={() => change.mutate({ isDisabled: !person.isDisabled })}
      >
        {person.isDisabled ? 'Let in again' : 'Disable'}
      </Button>
    </li>
  );
}
