import { Button } from '@mantine/core';
import type { UseMutationResult } from '@tanstack/react-query';
import type { FormEvent, ReactNode } from 'react';

import { RefusalNote } from './RefusalNote.tsx';
import classes from './SmallForm.module.css';

/** A few fields side by side at the end of a panel, the button that sends them, and why they were refused. */
export function SmallForm({
  sending,
  label,
  isComplete = true,
  children,
}: {
  readonly sending: Pick<UseMutationResult<unknown, Error, void>, 'mutate' | 'isPending' | 'error'>;
  /** Of the button. */
  readonly label: string;
  /** Beyond what the fields themselves demand. */
  readonly isComplete?: boolean;
  readonly children: ReactNode;
}) {
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    sending.mutate();
  };
  return (
    <form onSubmit={submit} className={classes['form']}>
      {children}
      <Button size="xs" type="submit" loading={sending.isPending} disabled={!isComplete}>
        {label}
      </Button>
      {sending.error !== null && <RefusalNote error={sending.error} />}
    </form>
  );
}
