import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import type { MeasuredPeriod } from '../../data/contract.ts';
import { measuresQuery } from '../../data/queries.ts';
import { Panel } from '../../parts/Panel.tsx';
import { span } from '../../parts/time.ts';
import classes from './MeasuresPanel.module.css';

interface Figure {
  readonly title: string;
  readonly of: (period: MeasuredPeriod) => number | null;
  readonly words: (value: number) => string;
  /** What it says of the week that is shown. */
  readonly about: (period: MeasuredPeriod) => string;
}

const FIGURES: readonly Figure[] = [
  {
    title: 'Failure rate',
    of: ({ failureRate }) => failureRate,
    words: (share) => `${(share * 100).toFixed(1)} %`,
    about: ({ tries }) => `of ${String(tries.written + tries.failed)} tries to write`,
  },
  {
    title: 'Time to resolution',
    of: ({ medianResolutionS }) => medianResolutionS,
    words: (seconds) => span(seconds * 1_000),
    about: ({ resolved }) => `median of ${String(resolved)} problems that ended`,
  },
  {
    title: 'Manual minutes per problem',
    of: ({ manualMinutesPerProblem }) => manualMinutesPerProblem,
    words: (minutes) => minutes.toFixed(1),
    about: ({ touched }) => `${String(touched)} of them needed a person`,
  },
];

/** How the last seven days went, beside the seven before and the weeks before those. */
export function MeasuresPanel() {
  const { data } = useQuery(measuresQuery);
  const present = data?.periods.at(-1);
  const before = data?.periods.at(-2);
  if (data === undefined || present === undefined || before === undefined) return null;
  return (
    <Panel title="The last seven days" flush>
      <ul className={classes['figures']}>
        {FIGURES.map((figure) => (
          <li key={figure.title}>
            <Text size="sm" c="dimmed">
              {figure.title}
            </Text>
            <div className={classes['value']}>
              <b>{said(figure, present)}</b>
              <Weeks figure={figure} periods={data.periods} />
            </div>
            <Text size="xs" c="dimmed">
              {figure.about(present)} · week before: {said(figure, before)}
            </Text>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function said({ of, words }: Figure, period: MeasuredPeriod): string {
  const value = of(period);
  return value === null ? '–' : words(value);
}

const BAR_WIDTH = 6;
const GAP_WIDTH = 2;
const HEIGHT = 22;

/** A bar a week, the present one last; the words are beside it, so the picture is hidden from readers of the screen. */
function Weeks({
  figure,
  periods,
}: {
  readonly figure: Figure;
  readonly periods: readonly MeasuredPeriod[];
}) {
  const values = periods.map((period) => figure.of(period) ?? 0);
  const most = Math.max(...values);
  const step = BAR_WIDTH + GAP_WIDTH;
  return (
    <svg width={step * values.length} height={HEIGHT} aria-hidden className={classes['weeks']}>
      {values.map((value, index) => {
        const height = most === 0 ? 1 : Math.max(1, (value / most) * HEIGHT);
        return (
          <rect
            key={periods[index]?.to}
            x={index * step}
            y={HEIGHT - height}
            width={BAR_WIDTH}
            height={height}
            data-present={index === values.length - 1}
          />
        );
      })}
    </svg>
  );
}
