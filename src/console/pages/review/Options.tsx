import { Kbd, Text, UnstyledButton } from '@mantine/core';

import { Shown } from '../../parts/Shown.tsx';
import type { Option } from './choices.ts';
import classes from './Review.module.css';

/** The keys that choose, in the order of the options. */
export const CHOICE_KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;

/** What can be decided, one of it chosen. */
export function Options({
  options,
  chosen,
  onChoose,
}: {
  readonly options: readonly Option[];
  readonly chosen: string;
  readonly onChoose: (key: string) => void;
}) {
  if (options.length === 0)
    return (
      <Text size="sm" c="dimmed" my="md">
        Nothing can be decided here: put the record right in its system, and it is taken up by itself.
      </Text>
    );
  return (
    <div className={classes['options']} role="radiogroup" aria-label="Decision">
      {options.map((option, index) => (
        <OptionRow
          key={option.key}
          option={option}
          shortcut={CHOICE_KEYS[index]}
          isChosen={option.key === chosen}
          onChoose={() => onChoose(option.key)}
        />
      ))}
    </div>
  );
}

function OptionRow({
  option,
  shortcut,
  isChosen,
  onChoose,
}: {
  readonly option: Option;
  readonly shortcut: string | undefined;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}) {
  return (
    <UnstyledButton className={classes['option']} role="radio" aria-checked={isChosen} onClick={onChoose}>
      <Kbd size="xs">{shortcut}</Kbd>
      <span>
        <Text span size="sm" fw={550}>
          {option.label}
        </Text>
        <Text size="xs" c="dimmed">
          {option.consequence}
        </Text>
      </span>
      {option.value !== undefined && (
        <span className={classes['value']}>
          <Shown value={option.value} />
        </span>
      )}
    </UnstyledButton>
  );
}
