import { Button, Stack, Text, Title } from '@mantine/core';

import { RefusalNote } from './RefusalNote.tsx';

/** What stands where a page could not be drawn. Nothing that Trueup keeps in step is touched by that. */
export function Crash({ error, reset }: { readonly error: unknown; readonly reset: () => void }) {
  return (
    <Stack gap="md" p="lg" maw={640}>
      <Title order={1} size="h2">
        This page could not be shown
      </Title>
      <Text c="dimmed">Your syncs are not affected by this; only what the browser draws of them.</Text>
      <RefusalNote error={error instanceof Error ? error : new Error('The browser does not say why.')} />
      <Button variant="default" onClick={reset} w="fit-content">
        Try again
      </Button>
    </Stack>
  );
}
