import { Link } from '@tanstack/react-router';

import { count } from '../parts/numbers.ts';
import type { Place } from './places.ts';
import classes from './Sidebar.module.css';

/** One page in the sidebar. */
export function NavEntry({
  place: { to, label, icon: Icon },
  waiting,
  onNavigate,
}: {
  readonly place: Place;
  readonly waiting: number;
  readonly onNavigate: () => void;
}) {
  return (
    <Link
      to={to}
      className={classes['entry']}
      activeOptions={{ exact: to === '/' }}
      activeProps={{ 'aria-current': 'page' }}
      onClick={onNavigate}
    >
      <Icon size={17} stroke={1.7} aria-hidden />
      <span className={classes['label']}>{label}</span>
      {waiting > 0 && (
        <span className={classes['waiting']} aria-label={`${count(waiting)} waiting`}>
          {waiting > 999 ? '999+' : waiting}
        </span>
      )}
    </Link>
  );
}
