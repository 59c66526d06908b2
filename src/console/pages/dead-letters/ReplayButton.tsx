import { Button } from '@mantine/core';

import type { DeadLetter } from '../../data/contract.ts';
import type { BodyOf } from '../../data/endpoints.ts';
import { send } from '../../data/request.ts';
import { useLetterAction } from './use-letter-action.ts';

/** Lets one letter try again, from what holds now. */
export function ReplayButton({ letter }: { readonly letter: DeadLetter }) {
  const replay = useLetterAction(
    (json: BodyOf<'POST', '/dead-letters/replay'>) => send('POST', '/dead-letters/replay', { json }),
    'It is tried again',
  );
  return (
    <Button
      size="xs"
      variant="default"
      loading={replay.isPending}
      onClick={() => replay.mutate({ sync: letter.sync, letter: letter.id })}
    >
      Try again
    </Button>
  );
}
