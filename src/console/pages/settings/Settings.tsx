import { Stack } from '@mantine/core';

import { useMay, useSession } from '../../data/session.ts';
import { Page } from '../../parts/Page.tsx';
import { Backup } from './Backup.tsx';
import { LinkedProviders } from './LinkedProviders.tsx';
import { PasswordForm } from './PasswordForm.tsx';
import { People } from './People.tsx';
import { Providers } from './Providers.tsx';
import { Retention } from './Retention.tsx';
import { Tokens } from './Tokens.tsx';

/** Who may do what here, and the tokens of programs. */
export function Settings() {
  const { workspace } = useSession();
  const isAdmin = useMay('admin');
  return (
    <Page title="Settings" about={`Workspace ${workspace}`}>
      <Stack gap="lg">
        {isAdmin && <People />}
        {isAdmin && <Providers />}
        <Tokens />
        <Retention />
        {isAdmin && <Backup />}
        <PasswordForm />
        <LinkedProviders />
      </Stack>
    </Page>
  );
}
