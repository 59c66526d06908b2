import type { Finding } from '../../data/contract.ts';
import { ToButton } from '../../parts/To.tsx';
import classes from './Diagnosis.module.css';

/** The way to where it is mended, and to the problem behind it where that is another page. */
export function Remedy({ finding }: { readonly finding: Finding }) {
  const { place, problem } = finding;
  return (
    <div className={classes['remedy']}>
      <Way finding={finding} />
      {problem !== null && place !== 'problem' && (
        <ToButton to="/problems/$problem" params={{ problem }}>
          The problem
        </ToButton>
      )}
    </div>
  );
}

function Way({ finding }: { readonly finding: Finding }) {
  const { place, sync, side, connection, problem } = finding;
  switch (place) {
    case 'problem':
      return (
        problem !== null && (
          <ToButton to="/problems/$problem" params={{ problem }}>
            Mend it
          </ToButton>
        )
      );
    case 'connection':
      return (
        connection !== null && (
          <ToButton to="/connections/$connection" params={{ connection }}>
            Open the connection
          </ToButton>
        )
      );
    case 'review':
      return (
        <ToButton to="/review" search={{ sync }}>
          Review
        </ToButton>
      );
    case 'plan':
      return (
        <ToButton to="/syncs/$sync" params={{ sync }} search={{ tab: 'plan' }}>
          See the plan
        </ToButton>
      );
    case 'sync':
      return (
        <ToButton to="/syncs/$sync" params={{ sync }}>
          Open the sync
        </ToButton>
      );
    case 'syncFile':
      return <ToButton to="/syncs/file">Open the sync file</ToButton>;
    case 'excludedRecords':
      return (
        <ToButton to="/records" search={{ sync, side: side ?? '', state: 'excluded' }}>
          See which
        </ToButton>
      );
    case 'reconciliation':
      return (
        <ToButton to="/reconciliation" search={{ sync }}>
          Reconciliation
        </ToButton>
      );
    case 'activity':
      return <ToButton to="/activity">Activity</ToButton>;
  }
}
