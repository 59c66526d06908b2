import { Stack } from '@mantine/core';

import { useMay, useSession } from '../../data/session.ts';
import { Page } from '../../parts/Page.tsx';
import { LinkedProviders } from './LinkedProviders.tsx';
import { PasswordForm } from './PasswordForm.tsx';
import { People } from './People.tsx';
import { Tokens } from './Tokens.tsx';

/** Who may do what here, and the tokens of programs. */
export function Settings() {
  const { workspace } = useSession();
  const isAdmin = useMay('admin');
  return (
    <Page title="Settings" about={`Workspace ${workspace}`}>
      <Stack gap="lg">
        {isAdmin && <People />}
        <Tokens />
        <PasswordForm />
        <LinkedProviders />
      </Stack>
    </Page>
  );
}
