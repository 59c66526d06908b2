import { ActionIcon, Kbd, Tooltip, UnstyledButton } from '@mantine/core';
import { IconKeyboard, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';

import type { Liveness } from '../data/live.ts';
import { overviewQuery } from '../data/queries.ts';
import { AccountMenu } from './AccountMenu.tsx';
import { LiveDot } from './LiveDot.tsx';
import { Mark } from './Mark.tsx';
import { NavEntry } from './NavEntry.tsx';
import { PLACES, type Place } from './places.ts';
import { SchemeToggle } from './SchemeToggle.tsx';
import classes from './Sidebar.module.css';

/** The way to every page, with the number of things that wait for a person beside it. */
export function Sidebar({
  liveness,
  onSearch,
  onHelp,
  onNavigate,
}: {
  readonly liveness: Liveness;
  readonly onSearch: () => void;
  readonly onHelp: () => void;
  readonly onNavigate: () => void;
}) {
  const waiting = useWaiting();
  const entries = (group: Place['group']) =>
    PLACES.filter((place) => place.group === group).map((place) => (
      <NavEntry
        key={place.to}
        place={place}
        waiting={'waiting' in place ? waiting[place.waiting] : 0}
        onNavigate={onNavigate}
      />
    ));
  return (
    <div className={classes['sidebar']}>
      <div className={classes['top']}>
        <Mark />
        <LiveDot liveness={liveness} />
      </div>
      <UnstyledButton className={classes['search']} onClick={onSearch}>
        <IconSearch size={15} />
        <span>Search</span>
        <Kbd size="xs">Ctrl K</Kbd>
      </UnstyledButton>
      <nav className={classes['nav']} aria-label="Pages">
        {entries('watch')}
        <div className={classes['gap']} />
        {entries('configure')}
      </nav>
      <div className={classes['bottom']}>
        <AccountMenu />
        <SchemeToggle />
        <Tooltip label="Keyboard (?)">
          <ActionIcon variant="subtle" color="gray" onClick={onHelp} aria-label="Keyboard shortcuts">
            <IconKeyboard size={18} stroke={1.7} />
          </ActionIcon>
        </Tooltip>
      </div>
    </div>
  );
}

function useWaiting(): Readonly<Record<'review' | 'dead' | 'connections', number>> {
  const { data } = useQuery(overviewQuery);
  return {
    review: (data?.waiting.holds ?? 0) + (data?.waiting.matches ?? 0),
    dead: data?.waiting.dead ?? 0,
    connections: data?.waiting.connections ?? 0,
  };
}
