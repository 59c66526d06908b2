import { Paper, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

import { Mark } from '../../shell/Mark.tsx';
import classes from './Entrance.module.css';

/** The frame of the pages that are seen before anyone is signed in. */
export function Entrance({
  title,
  about,
  children,
}: {
  readonly title: string;
  readonly about: string;
  readonly children: ReactNode;
}) {
  return (
    <main className={classes['entrance']}>
      <Stack gap="lg" w="100%" maw={400}>
        <Mark />
        <Paper withBorder p="xl" radius="md">
          <Title order={1} size="h3">
            {title}
          </Title>
          <Text c="dimmed" size="sm" mt={4} mb="lg">
            {about}
          </Text>
          {children}
        </Paper>
      </Stack>
    </main>
  );
}
