import { useQuery } from '@tanstack/react-query';

import type { Overview as Answer } from '../../data/contract.ts';
import { overviewQuery } from '../../data/queries.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { Page } from '../../parts/Page.tsx';
import { ConcernList } from './ConcernList.tsx';
import { concernsOf } from './concerns.ts';
import { ConnectionStrip } from './ConnectionStrip.tsx';
import { FirstSteps } from './FirstSteps.tsx';
import { Headline } from './Headline.tsx';
import { MeasuresPanel } from './MeasuresPanel.tsx';
import { SyncCard } from './SyncCard.tsx';

/** Is everything in step? If not: what waits for whom, and where. */
export function Overview() {
  const query = useQuery(overviewQuery);
  return (
    <Page title="Overview">
      <Loaded query={query}>{(overview) => <Content overview={overview} />}</Loaded>
    </Page>
  );
}

function Content({ overview }: { readonly overview: Answer }) {
  if (overview.syncs.length === 0) return <FirstSteps connections={overview.connections} />;
  const concerns = concernsOf(overview);
  return (
    <>
      <Headline overview={overview} concerns={concerns.length} />
      {concerns.length > 0 && <ConcernList concerns={concerns} />}
      {overview.syncs.map((sync) => (
        <SyncCard key={sync.name} sync={sync} />
      ))}
      <MeasuresPanel />
      <ConnectionStrip connections={overview.connections} />
    </>
  );
}
