import { Center, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import type { ComponentType, ReactNode } from 'react';

/** An empty list, in words that say whether that is good and what to do next. */
export function Nothing({
  icon: Icon,
  title,
  children,
}: {
  readonly icon: ComponentType<{ readonly size: number; readonly stroke: number }>;
  readonly title: string;
  readonly children?: ReactNode;
}) {
  return (
    <Center py={56} px="md">
      <Stack align="center" gap="xs" maw={460}>
        <ThemeIcon variant="light" size={44} radius="xl">
          <Icon size={22} stroke={1.6} />
        </ThemeIcon>
        <Title order={3} size="h4" ta="center">
          {title}
        </Title>
        <Text component="div" c="dimmed" size="sm" ta="center">
          {children}
        </Text>
      </Stack>
    </Center>
  );
}
