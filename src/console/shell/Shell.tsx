import { Drawer } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Outlet, useNavigate } from '@tanstack/react-router';
import { Suspense } from 'react';

import { useLive } from '../data/live.ts';
import { NowProvider, useBeat } from '../parts/now.ts';
import { useKeys } from '../parts/use-keys.ts';
import { Waiting } from '../parts/Waiting.tsx';
import { KeyboardHelp } from './KeyboardHelp.tsx';
import { Palette } from './Palette.tsx';
import { PLACES } from './places.ts';
import classes from './Shell.module.css';
import { Sidebar } from './Sidebar.tsx';
import { TopBar } from './TopBar.tsx';

/** What surrounds every page: the sidebar, the palette, the keyboard, and the live connection. */
export function Shell() {
  const [menuOpen, menu] = useDisclosure();
  const [paletteOpen, palette] = useDisclosure();
  const [helpOpen, help] = useDisclosure();
  const navigate = useNavigate();
  const liveness = useLive();
  useKeys({
    'mod+k': palette.toggle,
    '/': palette.open,
    '?': help.toggle,
    ...Object.fromEntries(PLACES.map(({ key, to }) => [`g ${key}`, () => void navigate({ to })])),
  });
  const sidebar = (
    <Sidebar liveness={liveness} onSearch={palette.open} onHelp={help.open} onNavigate={menu.close} />
  );
  return (
    <NowProvider value={useBeat()}>
      <a className={classes['skip']} href="#content">
        Skip to the page
      </a>
      <div className={classes['shell']}>
        <aside className={classes['sidebar']}>{sidebar}</aside>
        <TopBar onMenu={menu.open} onSearch={palette.open} />
        <main id="content" className={classes['content']} tabIndex={-1}>
          <Suspense fallback={<Waiting />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      <Drawer
        opened={menuOpen}
        onClose={menu.close}
        size={260}
        withCloseButton={false}
        padding={0}
        lockScroll={false}
        title="Menu"
      >
        {sidebar}
      </Drawer>
      <Palette opened={paletteOpen} onClose={palette.close} />
      <KeyboardHelp opened={helpOpen} onClose={help.close} />
    </NowProvider>
  );
}
