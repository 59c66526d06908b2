import { Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';

import type { SyncDetail } from '../../data/contract.ts';
import { syncQuery } from '../../data/queries.ts';
import { Ago } from '../../parts/Ago.tsx';
import { DiagnoseLink } from '../../parts/DiagnoseLink.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { Page } from '../../parts/Page.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { To } from '../../parts/To.tsx';
import rowClasses from '../overview/SideRow.module.css';
import { SideRow } from '../overview/SideRow.tsx';
import { Mapping } from './Mapping.tsx';
import { ModeSwitch } from './ModeSwitch.tsx';
import { Picture } from './Picture.tsx';
import { PlanTab } from './PlanTab.tsx';
import { Revisions } from './Revisions.tsx';
import { Rules } from './Rules.tsx';
import { Schemas } from './Schemas.tsx';
import { TABS } from './tabs.ts';

/** One sync: its sides as a picture, its mapping in sentences, its plan, and how it came to be. */
export function SyncPage() {
  const { sync: name } = useParams({ from: '/shell/syncs/$sync' });
  const query = useQuery(syncQuery(name));
  return (
    <Page
      title={name}
      about={<To to="/syncs">All syncs</To>}
      actions={
        <>
          <DiagnoseLink sync={name} />
          {query.data !== undefined && <ModeSwitch name={name} mode={query.data.mode} />}
        </>
      }
    >
      <Loaded query={query}>{(sync) => <Content sync={sync} />}</Loaded>
    </Page>
  );
}

function Content({ sync }: { readonly sync: SyncDetail }) {
  const { tab = sync.mode === 'observe' ? 'plan' : 'sides' } = useSearch({ from: '/shell/syncs/$sync' });
  const navigate = useNavigate({ from: '/syncs/$sync' });
  return (
    <Tabs
      value={tab}
      onChange={(next) =>
        void navigate({ search: { tab: TABS.find((known) => known === next) ?? 'sides' }, replace: true })
      }
      keepMounted={false}
    >
      <Tabs.List mb="md">
        <Tabs.Tab value="sides">Sides</Tabs.Tab>
        <Tabs.Tab value="mapping">Mapping</Tabs.Tab>
        <Tabs.Tab value="plan">Plan</Tabs.Tab>
        <Tabs.Tab value="revisions">Revisions</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="sides">
        <Sides sync={sync} />
      </Tabs.Panel>
      <Tabs.Panel value="mapping">
        <Mapping sync={sync} />
      </Tabs.Panel>
      <Tabs.Panel value="plan">
        <PlanTab name={sync.name} mode={sync.mode} />
      </Tabs.Panel>
      <Tabs.Panel value="revisions">
        <Revisions name={sync.name} />
      </Tabs.Panel>
    </Tabs>
  );
}

function Sides({ sync }: { readonly sync: SyncDetail }) {
  return (
    <div className={rowClasses['stack']}>
      <Picture sync={sync} />
      <Panel title="How it stands" flush>
        <ul className={rowClasses['sides']}>
          {sync.sides.map((side) => (
            <SideRow key={side.name} sync={sync.name} side={side} />
          ))}
        </ul>
      </Panel>
      <Schemas name={sync.name} />
      <Rules rules={sync.rules} />
      <p className={rowClasses['saved']}>
        Revision {sync.revision}, saved by {sync.author} <Ago at={sync.savedAt} />.
      </p>
    </div>
  );
}
