import { ToButton } from './To.tsx';

/** From a sync, or from one of its records, to what is wrong with it. */
export function DiagnoseLink({ sync }: { readonly sync: string }) {
  return (
    <ToButton to="/diagnosis" search={{ sync }}>
      Diagnose {sync}
    </ToButton>
  );
}
