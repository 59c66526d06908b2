import { Button, Group, Kbd, Text } from '@mantine/core';
import type { ReactNode } from 'react';

import { useMay } from '../../data/session.ts';
import { useKeys } from '../../parts/use-keys.ts';
import type { Option } from './choices.ts';
import { CHOICE_KEYS, Options } from './Options.tsx';

/** The options of a question and the button that sends one: digits choose, Enter decides. */
export function Deciding({
  options,
  chosen,
  onChoose,
  onDecide,
  children,
}: {
  readonly options: readonly Option[];
  readonly chosen: string;
  readonly onChoose: (key: string) => void;
  /** Called only when one is chosen, by somebody who may. */
  readonly onDecide: () => void;
  /** What the chosen option still needs to be told; Enter in it is its own to hear. */
  readonly children?: ReactNode;
}) {
  const mayDecide = useMay('approver');
  const canDecide = mayDecide && options.some(({ key }) => key === chosen);
  const decide = (): void => {
    if (canDecide) onDecide();
  };
  useKeys({
    Enter: decide,
    ...Object.fromEntries(
      options.flatMap((option, index) => {
        const key = CHOICE_KEYS[index];
        return key === undefined ? [] : [[key, () => onChoose(option.key)]];
      }),
    ),
  });
  return (
    <>
      <Options options={options} chosen={chosen} onChoose={onChoose} />
      {children}
      <Group>
        <Button disabled={!canDecide} onClick={decide} rightSection={<Kbd size="xs">Enter</Kbd>}>
          Decide
        </Button>
        {!mayDecide && (
          <Text size="sm" c="dimmed">
            Deciding takes the role approver.
          </Text>
        )}
      </Group>
    </>
  );
}
