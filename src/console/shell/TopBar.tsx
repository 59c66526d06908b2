import { ActionIcon } from '@mantine/core';
import { IconMenu2, IconSearch } from '@tabler/icons-react';

import { Mark } from './Mark.tsx';
import classes from './TopBar.module.css';

/** On narrow screens: the way to the menu and to the search. */
export function TopBar({ onMenu, onSearch }: { readonly onMenu: () => void; readonly onSearch: () => void }) {
  return (
    <header className={classes['bar']}>
      <ActionIcon variant="subtle" color="gray" size="lg" onClick={onMenu} aria-label="Open the menu">
        <IconMenu2 size={20} />
      </ActionIcon>
      <Mark />
      <ActionIcon variant="subtle" color="gray" size="lg" onClick={onSearch} aria-label="Search">
        <IconSearch size={20} />
      </ActionIcon>
    </header>
  );
}
