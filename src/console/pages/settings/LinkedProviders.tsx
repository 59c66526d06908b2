import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';

import { signInQuery } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { Panel } from '../../parts/Panel.tsx';
import { RefusalNote } from '../../parts/RefusalNote.tsx';
import classes from './Settings.module.css';

/** Links the own account with who one is at a provider; nothing where there is none. */
export function LinkedProviders() {
  const { data } = useQuery(signInQuery);
  const link = useMutation({
    mutationFn: (name: string) =>
      send('POST', '/sign-in/:name', { param: { name }, json: { link: true, returnTo: '/settings' } }),
    onSuccess: ({ url }) => window.location.assign(url),
  });
  const providers = data?.items ?? [];
  if (providers.length === 0) return null;
  return (
    <Panel title="Sign in without a password" about="Says who you are at a provider, once" flush>
      <div className={classes['form']}>
        {providers.map(({ name, title }) => (
          <Button
            key={name}
            size="xs"
            variant="default"
            loading={link.isPending && link.variables === name}
            onClick={() => link.mutate(name)}
          >
            Link with {title}
          </Button>
        ))}
        {link.error !== null && <RefusalNote error={link.error} />}
      </div>
    </Panel>
  );
}
