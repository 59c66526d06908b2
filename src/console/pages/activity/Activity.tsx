import { Tabs } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';

import { useMay } from '../../data/session.ts';
import { Page } from '../../parts/Page.tsx';
import { Audit } from './Audit.tsx';
import { Runs } from './Runs.tsx';

/** What Trueup did, and what people did in it. */
export function Activity() {
  const { tab = 'runs' } = useSearch({ from: '/shell/activity' });
  const navigate = useNavigate({ from: '/activity' });
  const seesAudit = useMay('admin');
  return (
    <Page title="Activity" about="What Trueup did, and what people did in it">
      <Tabs
        value={tab}
        onChange={(next) =>
          void navigate({ search: next === 'audit' ? { tab: 'audit' } : {}, replace: true })
        }
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="runs">Runs</Tabs.Tab>
          {seesAudit && <Tabs.Tab value="audit">Audit trail</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="runs">
          <Runs />
        </Tabs.Panel>
        <Tabs.Panel value="audit">
          <Audit />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
