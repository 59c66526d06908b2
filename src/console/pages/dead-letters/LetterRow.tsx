import { Button, Collapse, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';

import type { DeadLetter } from '../../data/contract.ts';
import { useMay } from '../../data/session.ts';
import { Advice } from '../../parts/Advice.tsx';
import { Ago } from '../../parts/Ago.tsx';
import { counted } from '../../parts/numbers.ts';
import { Shown } from '../../parts/Shown.tsx';
import { To } from '../../parts/To.tsx';
import { CorrectForm } from './CorrectForm.tsx';
import { DiscardButton } from './DiscardButton.tsx';
import classes from './LetterRow.module.css';
import { ReplayButton } from './ReplayButton.tsx';

/** Before it is measured, in pixels. */
export const LETTER_ROW_HEIGHT = 84;

/** One dead letter: what failed and why, what was to be written, and what can be done about it. */
export function LetterRow({ letter }: { readonly letter: DeadLetter }) {
  const [isOpen, { toggle }] = useDisclosure();
  const mayOperate = useMay('operator');
  const { side, kind, recordId, failure, tries, lastFailedAt, identity, sync, discarded } = letter;
  const what =
    kind === 'read' ? `${side} ${recordId ?? ''} cannot be read` : `${kind} at ${side} ${recordId ?? ''}`;
  return (
    <div className={classes['letter']}>
      <div className={classes['words']}>
        <Text size="sm" fw={550}>
          {what}: {failure.message}
        </Text>
        {failure.advice !== null && (
          <Text size="sm" c="dimmed" component="div">
            <Advice advice={failure.advice} />
          </Text>
        )}
        <Text size="xs" c="dimmed" component="div">
          {sync} · {counted(tries, 'attempt')}, the last <Ago at={lastFailedAt} />
          {identity !== null && (
            <>
              {' '}
              ·{' '}
              <To to="/records/$identity" params={{ identity }}>
                its journey
              </To>
            </>
          )}
          {discarded !== null && ` · given up by ${discarded.by}: ${discarded.reason}`}
        </Text>
      </div>
      <Group gap={6} className={classes['actions'] ?? ''}>
        {mayOperate && letter.state !== 'retrying' && <ReplayButton letter={letter} />}
        <Button size="xs" variant="default" onClick={toggle} aria-expanded={isOpen}>
          {isOpen ? 'Less' : 'More'}
        </Button>
      </Group>
      <Collapse expanded={isOpen} className={classes['more'] ?? ''}>
        <dl className={classes['values']}>
          <div>
            <dt>code</dt>
            <dd>
              <code>{failure.code}</code>
            </dd>
          </div>
          {Object.entries(letter.body ?? {}).map(([field, value]) => (
            <div key={field}>
              <dt>{field}</dt>
              <dd>
                <Shown value={value} />
              </dd>
            </div>
          ))}
        </dl>
        {letter.state === 'waiting' && (
          <>
            <CorrectForm letter={letter} />
            <DiscardButton letter={letter} />
          </>
        )}
      </Collapse>
    </div>
  );
}
