import { Button, Text } from '@mantine/core';
import type { UseMutationResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { useMay } from '../../data/session.ts';
import { Panel } from '../../parts/Panel.tsx';
import { RefusalNote } from '../../parts/RefusalNote.tsx';

/** What Trueup stopped of itself: the one step past it, which only approvers may take, or what to do if it was not meant. */
export function StoppedPanel({
  title,
  about,
  label,
  step,
  isTaken = false,
  otherwise,
  children,
}: {
  readonly title: string;
  readonly about: string;
  /** Of the button that takes the step. */
  readonly label: string;
  readonly step: Pick<UseMutationResult<unknown, Error, void>, 'mutate' | 'isPending' | 'error'>;
  /** What the step does is still under way. */
  readonly isTaken?: boolean;
  /** Gives way to the reason when the step is refused. */
  readonly otherwise: string;
  readonly children?: ReactNode;
}) {
  const mayDecide = useMay('approver');
  return (
    <Panel
      title={title}
      about={about}
      aside={
        <Button
          size="xs"
          color="red"
          loading={step.isPending}
          disabled={!mayDecide || isTaken}
          onClick={() => step.mutate()}
        >
          {label}
        </Button>
      }
    >
      {children}
      {step.error === null ? (
        <Text size="sm" c="dimmed">
          {otherwise}
        </Text>
      ) : (
        <RefusalNote error={step.error} />
      )}
    </Panel>
  );
}
