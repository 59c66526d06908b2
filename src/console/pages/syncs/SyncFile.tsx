import { Button, Group, List, Text, Textarea } from '@mantine/core';
import { useSessionStorage } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import type { Complaint } from '../../data/contract.ts';
import { refresh, syncFileQuery } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { Page } from '../../parts/Page.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { RefusalNote } from '../../parts/RefusalNote.tsx';
import { To } from '../../parts/To.tsx';
import { STARTER } from './starter.ts';
import classes from './SyncFile.module.css';
import { WhatIf } from './WhatIf.tsx';

/** What is typed stays in this tab while its secrets are given on another page. */
const DRAFT = 'trueup.sync-file.edit';

/** The one file that says what is kept in step: read by everyone, changed by admins. */
export function SyncFile() {
  const query = useQuery(syncFileQuery);
  return (
    <Page title="Sync file" about={<To to="/syncs">All syncs</To>}>
      <Loaded query={query}>{({ source, tag }) => <Editor source={source} tag={tag} />}</Loaded>
    </Page>
  );
}

interface Draft {
  readonly text: string;
  /** Of the file that was there when it was begun: what somebody saves meanwhile is not to be undone unseen. */
  readonly over: string;
}

function Editor({ source, tag }: { readonly source: string; readonly tag: string }) {
  const client = useQueryClient();
  const maySave = useMay('admin');
  const [draft, setDraft, dropDraft] = useSessionStorage<Draft | null>({ key: DRAFT, defaultValue: null });
  const text = draft?.text ?? (source === '' ? STARTER : source);
  const check = useMutation({
    mutationFn: () => send('POST', '/sync-file/check', { json: { source: text } }),
  });
  const save = useMutation({
    mutationFn: () => send('PUT', '/sync-file', { json: { source: text, over: draft?.over ?? tag } }),
    onSuccess: () => {
      dropDraft();
      notifications.show({ title: 'Saved', message: 'Make and approve the plan of what has changed.' });
    },
    // Its connections are known even where something else is wrong with it.
    onSettled: () => refresh(client, 'syncs', 'overview', 'connections'),
  });
  return (
    <>
      <Panel
        title="YAML"
        about="Secrets are never in it: it names them, as in ${secret:CRM_PASSWORD}"
        aside={
          maySave && (
            <Group gap={8}>
              {draft !== null && (
                <Button size="xs" variant="subtle" onClick={dropDraft}>
                  Drop my changes
                </Button>
              )}
              <Button size="xs" variant="default" loading={check.isPending} onClick={() => check.mutate()}>
                Check
              </Button>
              <Button
                size="xs"
                disabled={text === source}
                loading={save.isPending}
                onClick={() => save.mutate()}
              >
                Save as a new revision
              </Button>
            </Group>
          )
        }
      >
        {save.error !== null && (
          <>
            <RefusalNote error={save.error} />
            <Text size="sm" my="sm">
              A secret that is missing is given under <To to="/connections">Connections</To>; what you typed
              stays here meanwhile.
            </Text>
          </>
        )}
        {check.error !== null && <RefusalNote error={check.error} />}
        {check.data !== undefined && <Complaints errors={check.data.errors} />}
        <Textarea
          aria-label="The sync file"
          classNames={{ input: classes['editor'] ?? '' }}
          rows={Math.min(60, Math.max(24, text.split('\n').length + 1))}
          spellCheck={false}
          readOnly={!maySave}
          value={text}
          onChange={(event) => setDraft({ text: event.currentTarget.value, over: draft?.over ?? tag })}
        />
      </Panel>
      {maySave && source !== '' && <WhatIf source={text} />}
    </>
  );
}

function Complaints({ errors }: { readonly errors: readonly Complaint[] }) {
  if (errors.length === 0)
    return (
      <Text size="sm" mb="sm" role="status">
        Nothing is wrong with it.
      </Text>
    );
  return (
    <List size="sm" mb="md" spacing={4}>
      {errors.map(({ line, column, path, message, fix }) => (
        <List.Item key={`${String(line)} ${String(column)} ${path} ${message}`}>
          Line {line}, {path}: {message} <span className={classes['fix']}>{fix}</span>
        </List.Item>
      ))}
    </List>
  );
}
