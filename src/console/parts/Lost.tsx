import { Anchor, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';

/** An address that leads nowhere. */
export function Lost() {
  return (
    <Stack gap="sm" p="lg">
      <Title order={1} size="h2">
        There is no such page
      </Title>
      <Text>
        The address may be of an older version.{' '}
        <Anchor renderRoot={(props) => <Link to="/" {...props} />}>Go to the overview</Anchor>
      </Text>
    </Stack>
  );
}
