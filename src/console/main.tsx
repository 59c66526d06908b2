import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';

import './theme.css';
import { createClient } from './data/client.ts';
import { createConsoleRouter } from './router.tsx';
import { theme } from './theme.ts';

const client = createClient();
const router = createConsoleRouter(client);
const root = document.getElementById('root');
if (root === null) throw new Error('index.html has an element with the id root');

createRoot(root).render(
  <StrictMode>
    {/* No <style> element is ever written (theme.css says the rest), so the Content-Security-Policy can refuse them all. */}
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <Notifications position="bottom-right" />
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
