import { Alert, Code, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';

import type { Connection } from '../../data/contract.ts';
import { connectionQuery } from '../../data/queries.ts';
import { Ago } from '../../parts/Ago.tsx';
import { ConnectionTag } from '../../parts/ConnectionTag.tsx';
import { Limits } from '../../parts/Limits.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { Page } from '../../parts/Page.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { Throttled } from '../../parts/Throttled.tsx';
import { To } from '../../parts/To.tsx';
import { WebhookNews } from '../../parts/WebhookNews.tsx';
import { AuthoriseButton } from './AuthoriseButton.tsx';
import classes from './ConnectionPage.module.css';
import { pressWords } from './press-words.ts';
import { SecretForm } from './SecretForm.tsx';
import { TryButton } from './TryButton.tsx';

/** One connection: how it is in words, what it is set to, its limits, and who uses it. */
export function ConnectionPage() {
  const { connection: name } = useParams({ from: '/shell/connections/$connection' });
  const query = useQuery(connectionQuery(name));
  return (
    <Page
      title={name}
      about={<To to="/connections">All connections</To>}
      actions={
        <Group gap={8}>
          {query.data !== undefined && <AuthoriseButton connection={query.data} />}
          <TryButton name={name} />
        </Group>
      }
    >
      <Loaded query={query}>{(connection) => <Content connection={connection} />}</Loaded>
    </Page>
  );
}

function Content({ connection }: { readonly connection: Connection }) {
  return (
    <Stack gap="lg">
      <Health connection={connection} />
      <Panel title="Settings" about="From the sync file; secrets are kept sealed and are never shown" flush>
        <dl className={classes['facts']}>
          {connection.settings.map((setting) => (
            <div key={setting.name}>
              <dt>{setting.name}</dt>
              <dd>
                {setting.secret === null ? <Code>{setting.value}</Code> : <SecretForm setting={setting} />}
              </dd>
            </div>
          ))}
        </dl>
      </Panel>
      <Panel title="Limits" about="Shared by all workers, so that people keep their part">
        {connection.limits.length + connection.quotas.length === 0 ? (
          <Text size="sm" c="dimmed">
            None is known: {connection.title} has told of no limit so far.
          </Text>
        ) : (
          <Limits connection={connection} />
        )}
      </Panel>
      <Panel title="Used by">
        {connection.usedBy.length === 0 && (
          <Text size="sm" c="dimmed">
            No sync.
          </Text>
        )}
        {connection.usedBy.map(({ sync, side }) => (
          <Text key={`${sync} ${side}`} size="sm">
            <To to="/syncs/$sync" params={{ sync }}>
              {sync}
            </To>
            , as {side}
          </Text>
        ))}
      </Panel>
    </Stack>
  );
}

function Health({ connection }: { readonly connection: Connection }) {
  const { state, reason, advice, since, lastSuccessAt, throttled, title, webhook } = connection;
  if (state === 'connected' || state === 'new')
    return (
      <div>
        <Text component="div">
          <ConnectionTag connection={connection} /> {title}, since <Ago at={since} />; last success{' '}
          <Ago at={lastSuccessAt} />.
        </Text>
        <Throttled throttled={throttled} />
        <WebhookNews webhook={webhook} />
      </div>
    );
  return (
    <Alert color="red" variant="light" title={reason ?? 'It cannot be used.'}>
      <Text size="sm" component="div">
        <ConnectionTag connection={connection} /> Since <Ago at={since} />. {pressWords(connection) ?? advice}
      </Text>
      <Text size="sm" mt={6}>
        Nothing is lost meanwhile: what is to be written waits, and goes on by itself when the connection is
        back.
      </Text>
    </Alert>
  );
}
