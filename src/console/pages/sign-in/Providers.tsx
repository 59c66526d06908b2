import { Alert, Button, Divider, Stack } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';

import { signInQuery } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { RefusalNote } from '../../parts/RefusalNote.tsx';

/** Why a provider's visitor was not let in, by the code with which they were led back here. */
const REFUSED: Readonly<Record<string, string>> = {
  expired: 'Signing in took too long, or was begun in another window. Try again.',
  denied: 'The provider did not sign you in.',
  untrusted: 'What the provider sent could not be trusted. Tell an admin; the log of the server says more.',
  unreachable: 'The provider cannot be reached from the server. Try again, or sign in with a password.',
  misconfigured: 'The provider refuses this server. Tell an admin; the log of the server says more.',
  noRole: 'None of your groups has a role here. Ask an admin.',
  noAddress: 'The provider gives no checked e-mail address of yours. Ask an admin.',
  addressTaken:
    'There is an account with your address already. Sign in with its password, then link it in the settings.',
  disabled: 'Your account is disabled. Ask an admin.',
  linkedElsewhere: 'You are known at the provider as somebody who has another account here.',
  notSetUp: 'This installation has no account yet. Open the address that trueup start has printed.',
};

/** The ways in without a password, and why one of them was closed. */
export function Providers({
  from,
  refused,
}: {
  readonly from: string | undefined;
  readonly refused: string | undefined;
}) {
  const { data } = useQuery(signInQuery);
  const leave = useMutation({
    mutationFn: (name: string) =>
      send('POST', '/sign-in/:name', { param: { name }, json: { returnTo: from ?? '/' } }),
    onSuccess: ({ url }) => window.location.assign(url),
  });
  const words = refused === undefined ? undefined : (REFUSED[refused] ?? REFUSED['denied']);
  const providers = data?.items ?? [];
  if (providers.length === 0 && words === undefined) return null;
  return (
    <Stack gap="md" mt="md">
      {words !== undefined && (
        <Alert
          color="red"
          variant="light"
          icon={<IconAlertTriangle size={18} />}
          title="You are not signed in"
          role="alert"
        >
          {words}
        </Alert>
      )}
      {providers.length > 0 && <Divider label="or" />}
      {leave.error !== null && <RefusalNote error={leave.error} />}
      {providers.map(({ name, title }) => (
        <Button
          key={name}
          variant="default"
          loading={leave.isPending && leave.variables === name}
          onClick={() => leave.mutate(name)}
        >
          Sign in with {title}
        </Button>
      ))}
    </Stack>
  );
}
