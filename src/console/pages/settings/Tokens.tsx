import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import { tokensQuery } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useDeed } from '../../data/use-deed.ts';
import { Ago } from '../../parts/Ago.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { Tag } from '../../parts/Tag.tsx';
import { NewToken } from './NewToken.tsx';
import classes from './Settings.module.css';

/** What programs sign in with. A token is shown once, when it is made. */
export function Tokens() {
  const query = useQuery(tokensQuery);
  const end = useDeed({
    send: (id: string) => send('DELETE', '/tokens/:id', { param: { id } }),
    notDone: 'Not ended',
    stale: ['tokens'],
  });
  return (
    <Panel title="API tokens" about="For programs; each may only what its scopes say" flush>
      <Loaded query={query}>
        {({ items: tokens }) => (
          <ul className={classes['list']}>
            {tokens.map((token) => (
              <li key={token.id} className={classes['row']}>
                <div className={classes['words']}>
                  <Text size="sm" fw={550}>
                    {token.name}{' '}
                    {token.scopes.map((scope) => (
                      <Tag key={scope} tone="excluded">
                        {scope}
                      </Tag>
                    ))}
                  </Text>
                  <Text size="xs" c="dimmed" component="div">
                    made <Ago at={token.madeAt} /> · last used <Ago at={token.lastUsedAt} /> · ends{' '}
                    <Ago at={token.expiresAt} />
                  </Text>
                </div>
                <Button
                  size="xs"
                  variant="default"
                  loading={end.isPending && end.variables === token.id}
                  onClick={() => end.mutate(token.id)}
                >
                  End it
                </Button>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <NewToken />
    </Panel>
  );
}
