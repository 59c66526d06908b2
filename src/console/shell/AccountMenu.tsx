import { Avatar, Menu, Text, UnstyledButton } from '@mantine/core';
import { IconLogout, IconSettings } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';

import { useSession } from '../data/session.ts';
import { useSignOut } from '../data/use-sign-out.ts';
import classes from './AccountMenu.module.css';

/** Who is signed in, where, and the way out. */
export function AccountMenu() {
  const { account, workspace } = useSession();
  const signOut = useSignOut();
  const navigate = useNavigate();
  return (
    <Menu position="top-start" width={230}>
      <Menu.Target>
        <UnstyledButton className={classes['target']}>
          <Avatar size={26} color="indigo" radius="xl" name={account.name} aria-hidden />
          <span className={classes['names']}>
            <Text span size="sm" fw={550} truncate>
              {account.name}
            </Text>
            <Text span size="xs" c="dimmed" truncate>
              {workspace}
            </Text>
          </span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {account.email} · {account.role}
        </Menu.Label>
        <Menu.Item
          leftSection={<IconSettings size={16} />}
          onClick={() => void navigate({ to: '/settings' })}
        >
          Settings
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={signOut}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
