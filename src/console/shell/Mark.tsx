import { Group, Text } from '@mantine/core';

/** The name, with its sign. */
export function Mark() {
  return (
    <Group gap={8} wrap="nowrap">
      <img src="/icon.svg" alt="" width={22} height={22} />
      <Text fw={650} size="md" lh={1}>
        Trueup
      </Text>
    </Group>
  );
}
