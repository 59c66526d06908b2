import { Button, Group, List, Text, Textarea } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { refresh, syncFileQuery, type Complaint } from '../../data/queries.ts';
import { write } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { Page } from '../../parts/Page.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { RefusalNote } from '../../parts/RefusalNote.tsx';
import { To } from '../../parts/To.tsx';
import classes from './SyncFile.module.css';

/** The one file that says what is kept in step: read by everyone, checked by operators, changed by admins. */
export function SyncFile() {
  const query = useQuery(syncFileQuery);
  return (
    <Page title="Sync file" about={<To to="/syncs">All syncs</To>}>
      <Loaded query={query}>{({ source }) => <Editor source={source} />}</Loaded>
    </Page>
  );
}

function Editor({ source }: { readonly source: string }) {
  const client = useQueryClient();
  const mayCheck = useMay('operator');
  const maySave = useMay('admin');
  const [text, setText] = useState(source);
  const check = useMutation({
    mutationFn: () =>
      write<{ readonly errors: readonly Complaint[] }>('POST', '/sync-file/check', { source: text }),
  });
  const save = useMutation({
    mutationFn: () => write('PUT', '/sync-file', { source: text }),
    onSuccess: async () => {
      notifications.show({ title: 'Saved', message: 'Make and approve the plan of what has changed.' });
      await refresh(client, 'syncs', 'overview', 'sync-file', 'connections');
    },
  });
  const error = save.error ?? check.error;
  return (
    <Panel
      title="YAML"
      about="Secrets are never in it: it names them, as in ${secret:CRM_PASSWORD}"
      aside={
        <Group gap={8}>
          <Button
            size="xs"
            variant="default"
            disabled={!mayCheck}
            loading={check.isPending}
            onClick={() => check.mutate()}
          >
            Check
          </Button>
          <Button
            size="xs"
            disabled={!maySave || text === source}
            loading={save.isPending}
            onClick={() => save.mutate()}
          >
            Save as a new revision
          </Button>
        </Group>
      }
    >
      {error !== null && <RefusalNote error={error} />}
      {check.data !== undefined && <Complaints errors={check.data.errors} />}
      <Textarea
        aria-label="The sync file"
        classNames={{ input: classes['editor'] ?? '' }}
        rows={Math.min(60, Math.max(24, text.split('\n').length + 1))}
        spellCheck={false}
        readOnly={!maySave}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </Panel>
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
