import { Button, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';

import type { AuthorisationOutcome } from '../../data/contract.ts';
import { refresh } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { Page } from '../../parts/Page.tsx';
import { RefusalNote } from '../../parts/RefusalNote.tsx';
import { To } from '../../parts/To.tsx';
import { Waiting } from '../../parts/Waiting.tsx';

/**
 * The way back from a system that has asked the person. What it sent along is handed to the API, which alone can tell whether
 * this session asked; the session's cookie does not come with a link from another site, so the page has to do it.
 */
export function Callback() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const outcome = useMutation({
    mutationFn: (answer: string) => send('POST', '/authorisations', { json: { answer } }),
    onSuccess: async ({ connection, isAuthorised }) => {
      await refresh(client, 'connections', 'overview');
      if (!isAuthorised) return;
      notifications.show({
        color: 'green',
        title: `${connection} is authorised`,
        message: 'What waited for it goes on now.',
      });
      await navigate({ to: '/connections/$connection', params: { connection }, replace: true });
    },
  });
  const { mutate } = outcome;
  useEffect(() => {
    const { search, pathname } = globalThis.location;
    if (search === '') return;
    // A code is good for one try, and has no business in the history.
    globalThis.history.replaceState(globalThis.history.state, '', pathname);
    mutate(search);
  }, [mutate]);
  return (
    <Page title="Authorisation">
      {outcome.isPending && <Waiting />}
      {outcome.error !== null && <RefusalNote error={outcome.error} />}
      {outcome.data?.isAuthorised === false && <NotAuthorised outcome={outcome.data} />}
      {outcome.isIdle && (
        <Text>
          There is nothing to be answered here. <To to="/connections">All connections</To>
        </Text>
      )}
    </Page>
  );
}

function NotAuthorised({ outcome: { connection, why } }: { readonly outcome: AuthorisationOutcome }) {
  const navigate = useNavigate();
  return (
    <Stack gap="sm" align="flex-start">
      <RefusalNote error={new Error(`${connection} is not authorised: ${why ?? 'no reason was given'}`)} />
      <Text size="sm">Nothing was changed, and what is to be written waits.</Text>
      <Button onClick={() => void navigate({ to: '/connections/$connection', params: { connection } })}>
        Back to {connection}
      </Button>
    </Stack>
  );
}
