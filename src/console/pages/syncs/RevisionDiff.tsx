import { useQuery } from '@tanstack/react-query';

import { revisionQuery } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { DeedButton } from '../../parts/DeedButton.tsx';
import { folded, linesOf, type DiffLine } from '../../parts/line-diff.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { Panel } from '../../parts/Panel.tsx';
import classes from './Revisions.module.css';

const SIGNS = { added: '+', removed: '-', same: ' ', gap: ' ' } as const;

/** What a revision changed against the one before it. */
export function RevisionDiff({
  name,
  revision,
  before,
  isNewest,
}: {
  readonly name: string;
  readonly revision: number;
  readonly before: number | null;
  readonly isNewest: boolean;
}) {
  const present = useQuery(revisionQuery(name, revision));
  const previous = useQuery({ ...revisionQuery(name, before ?? 0), enabled: before !== null });
  return (
    <Loaded query={present}>
      {({ source }) => (
        <Panel
          flush
          title={
            before === null
              ? `Revision ${String(revision)}, the first`
              : `Revision ${String(revision)} against ${String(before)}`
          }
          aside={!isNewest && <BringBack source={source} revision={revision} />}
        >
          <pre className={classes['diff']} role="region" tabIndex={0} aria-label="Changed lines">
            {shownLines(before === null ? null : (previous.data?.source ?? source), source).map(
              ({ kind, text }, index) => (
                <span key={index} className={classes['line']} data-kind={kind}>
                  {SIGNS[kind]} {text}
                </span>
              ),
            )}
          </pre>
        </Panel>
      )}
    </Loaded>
  );
}

/** The first revision is shown whole: there is nothing that it changed. */
function shownLines(before: string | null, source: string): readonly DiffLine[] {
  return before === null ? linesOf(source, source) : folded(linesOf(before, source));
}

function BringBack({ source, revision }: { readonly source: string; readonly revision: number }) {
  return (
    <DeedButton
      may="admin"
      send={() => send('PUT', '/sync-file', { json: { source } })}
      done={() => ({
        title: `Revision ${String(revision)} is back`,
        message: 'It is saved as a new revision.',
      })}
      notDone="Not brought back"
      stale={['syncs', 'overview']}
    >
      Bring this revision back
    </DeedButton>
  );
}
