import { SegmentedControl, Stack, Text } from '@mantine/core';
import { IconBellOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Fragment } from 'react';

import type { Alert } from '../../data/contract.ts';
import { alertsQuery } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { Advice } from '../../parts/Advice.tsx';
import { Ago } from '../../parts/Ago.tsx';
import { DeedButton } from '../../parts/DeedButton.tsx';
import { inBackground } from '../../parts/in-background.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { Nothing } from '../../parts/Nothing.tsx';
import { counted } from '../../parts/numbers.ts';
import { Page } from '../../parts/Page.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { Tag } from '../../parts/Tag.tsx';
import { To } from '../../parts/To.tsx';
import classes from './Alerts.module.css';
import { Channels } from './Channels.tsx';
import { Collectors } from './Collectors.tsx';

/** What somebody should hear of, now and before, and who is told. */
export function Alerts() {
  const { state = 'raised' } = useSearch({ from: '/shell/alerts' });
  const navigate = useNavigate({ from: '/alerts' });
  const query = useQuery(alertsQuery(state));
  return (
    <Page
      title="Alerts"
      about="Raised once and recovered once: a problem, or a sign of life gone missing, that somebody should hear of"
      actions={
        <>
          <SegmentedControl
            size="xs"
            aria-label="Which alerts"
            data={[
              { value: 'raised', label: 'Raised' },
              { value: 'recovered', label: 'Over' },
            ]}
            value={state}
            onChange={(next) =>
              inBackground(
                navigate({ search: next === 'recovered' ? { state: 'recovered' } : {}, replace: true }),
              )
            }
          />
          <LookButton />
        </>
      }
    >
      <Stack gap="lg">
        <Panel flush>
          <Loaded query={query}>{({ items }) => <List alerts={items} state={state} />}</Loaded>
        </Panel>
        <Channels />
        <Collectors />
      </Stack>
    </Page>
  );
}

function List({ alerts, state }: { readonly alerts: readonly Alert[]; readonly state: Alert['state'] }) {
  if (alerts.length === 0)
    return (
      <Nothing
        icon={IconBellOff}
        title={
          state === 'raised' ? 'Nothing is wrong enough to tell anybody' : 'No alert has been raised so far'
        }
      >
        Every minute Trueup looks at what fails and at its signs of life.
      </Nothing>
    );
  return (
    <ul className={classes['list']}>
      {alerts.map((alert) => (
        <AlertRow key={alert.key} alert={alert} />
      ))}
    </ul>
  );
}

function AlertRow({ alert }: { readonly alert: Alert }) {
  const { state, severity, sync, side, title, detail, advice, since, recoveredAt, records } = alert;
  const isRaised = state === 'raised';
  const tone = !isRaised ? 'in-sync' : severity === 'critical' ? 'dead' : 'held';
  return (
    <li className={classes['row']}>
      <Tag tone={tone}>{isRaised ? severity : 'over'}</Tag>
      <div className={classes['words']}>
        <Text size="sm" fw={550}>
          {title}
        </Text>
        <Text size="sm">{detail}</Text>
        {isRaised && (
          <Text size="sm" c="dimmed" component="div">
            <Advice advice={advice} />
          </Text>
        )}
        <Text size="xs" c="dimmed" component="div" mt={2}>
          {sync !== null && (
            <>
              <To to="/syncs/$sync" params={{ sync }}>
                {sync}
              </To>
              {side === null ? '' : `, ${side}`} ·{' '}
            </>
          )}
          since <Ago at={since} />
          {records !== null && sync !== null && <About records={records} sync={sync} />}
          {recoveredAt !== null && (
            <>
              , over <Ago at={recoveredAt} />
            </>
          )}
        </Text>
      </div>
    </li>
  );
}

/** Some of the records that an alert is about, each led to. */
function About({
  records,
  sync,
}: {
  readonly records: NonNullable<Alert['records']>;
  readonly sync: string;
}) {
  const others = records.count - records.samples.length;
  return (
    <>
      {' · '}
      {records.samples.map(({ record, identity }, index) => (
        <Fragment key={record}>
          {index > 0 && ', '}
          {identity === null ? (
            <To to="/records" search={{ sync, query: record }}>
              {record}
            </To>
          ) : (
            <To to="/records/$identity" params={{ identity }}>
              {record}
            </To>
          )}
        </Fragment>
      ))}
      {others > 0 && ` and ${counted(others, 'other')}`}
    </>
  );
}

/** The watch looks every minute; who has just mended something need not wait for it. */
function LookButton() {
  return (
    <DeedButton
      may="operator"
      send={() => send('POST', '/alerts/look')}
      done={({ raised, recovered }) => ({
        title: 'Looked',
        message: `${counted(raised, 'alert')} raised, ${String(recovered)} over.`,
      })}
      notDone="Not looked"
      stale={['alerts']}
    >
      Look now
    </DeedButton>
  );
}
