import { Skeleton, Stack } from '@mantine/core';

/** The shape of a page whose content is on its way. */
export function Waiting() {
  return (
    <Stack gap="md" role="status" aria-busy="true" aria-label="Loading">
      <Skeleton height={28} width="32%" />
      <Skeleton height={96} />
      <Skeleton height={160} />
      <Skeleton height={160} />
    </Stack>
  );
}
