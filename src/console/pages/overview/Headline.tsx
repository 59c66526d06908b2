import { Text } from '@mantine/core';
import { IconAlertCircle, IconCircleCheck, IconRefresh } from '@tabler/icons-react';

import type { Overview } from '../../data/contract.ts';
import { Ago } from '../../parts/Ago.tsx';
import { counted } from '../../parts/numbers.ts';
import classes from './Headline.module.css';

/** The answer to the one question that this page is opened for. */
export function Headline({ overview, concerns }: { readonly overview: Overview; readonly concerns: number }) {
  const sides = overview.syncs.flatMap((sync) => sync.sides);
  const sum = (pick: 'records' | 'pending' | 'inSync'): number =>
    sides.reduce((total, { counts }) => total + (counts?.[pick] ?? 0), 0);
  const { tone, icon: Icon, text } = answerOf(concerns, sum('pending'));
  return (
    <div className={classes['headline']} data-tone={tone}>
      <Icon size={26} stroke={1.8} aria-hidden />
      <div>
        <Text size="lg" fw={600} component="p" m={0}>
          {text}
        </Text>
        <Text size="sm" c="dimmed" component="div">
          {counted(sum('records'), 'record')} at {counted(sides.length, 'side')} of{' '}
          {counted(overview.syncs.length, 'sync')}, each in exactly one state · as of{' '}
          <Ago at={overview.asOf} />
        </Text>
      </div>
    </div>
  );
}

function answerOf(concerns: number, pending: number) {
  if (concerns > 0)
    return {
      tone: 'held',
      icon: IconAlertCircle,
      text: concerns === 1 ? 'One thing needs a person' : `${String(concerns)} things need a person`,
    };
  if (pending > 0)
    return {
      tone: 'pending',
      icon: IconRefresh,
      text: `${counted(pending, 'record')} on the way, nothing is wrong`,
    };
  return { tone: 'in-sync', icon: IconCircleCheck, text: 'Everything is in step' };
}
