import { Button } from '@mantine/core';
import type { ReactNode } from 'react';

import type { Role } from '../data/contract.ts';
import { useMay } from '../data/session.ts';
import { useDeed, type Deed } from '../data/use-deed.ts';

/** A small button for one deed; only those are shown it whose role includes `may`. */
export function DeedButton<Answer>({
  may,
  children,
  ...deed
}: Deed<Answer> & { readonly may: Role; readonly children: ReactNode }) {
  const isAllowed = useMay(may);
  const { mutate, isPending } = useDeed(deed);
  if (!isAllowed) return null;
  return (
    <Button size="xs" variant="default" loading={isPending} onClick={() => mutate()}>
      {children}
    </Button>
  );
}
