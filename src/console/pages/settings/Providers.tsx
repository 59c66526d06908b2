import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Provider } from '../../data/contract.ts';
import { providersQuery } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { DeedButton } from '../../parts/DeedButton.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { ProviderForm } from './ProviderForm.tsx';
import classes from './Settings.module.css';

/** Where people sign in instead of here, and which of their groups has which role. */
export function Providers() {
  const query = useQuery(providersQuery);
  const [edited, setEdited] = useState<Provider | null>(null);
  return (
    <Panel
      title="Sign-in by OpenID Connect"
      about="Where people sign in instead of with a password here; their groups there give them their role"
      flush
    >
      <Loaded query={query}>
        {({ items: providers }) => (
          <ul className={classes['list']}>
            {providers.map((provider) => (
              <ProviderRow key={provider.name} provider={provider} onEdit={() => setEdited(provider)} />
            ))}
          </ul>
        )}
      </Loaded>
      <ProviderForm key={edited?.name ?? ''} edited={edited} onDone={() => setEdited(null)} />
    </Panel>
  );
}

function ProviderRow({ provider, onEdit }: { readonly provider: Provider; readonly onEdit: () => void }) {
  const { name, title, issuer, roles, defaultRole } = provider;
  const groups = roles.map(({ group, role }) => `${group} → ${role}`);
  const others = defaultRole === null ? 'others are not let in' : `others → ${defaultRole}`;
  return (
    <li className={classes['row']}>
      <div className={classes['words']}>
        <Text size="sm" fw={550}>
          {title}
        </Text>
        <Text size="xs" c="dimmed">
          {issuer} · {[...groups, others].join(', ')}
        </Text>
      </div>
      <Button size="xs" variant="default" onClick={onEdit}>
        Change
      </Button>
      <DeedButton
        may="admin"
        send={() => send('DELETE', '/sign-in-providers/:name', { param: { name } })}
        notDone="Not removed"
        stale={['providers', 'sign-in']}
      >
        Remove {title}
      </DeedButton>
    </li>
  );
}
