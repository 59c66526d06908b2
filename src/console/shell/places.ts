/** The pages of the console as the sidebar, the palette and the keyboard know them. */
import {
  IconActivity,
  IconAlertTriangle,
  IconArrowsExchange,
  IconBell,
  IconBook2,
  IconChecklist,
  IconHome,
  IconMailX,
  IconPlug,
  IconScale,
  IconSearch,
  IconSettings,
  IconStethoscope,
} from '@tabler/icons-react';

/** `waiting` names the count of the overview that stands beside the page's name. */
export const PLACES = [
  { to: '/', label: 'Overview', key: 'o', icon: IconHome, group: 'watch' },
  { to: '/diagnosis', label: 'Diagnosis', key: 'i', icon: IconStethoscope, group: 'watch' },
  { to: '/records', label: 'Records', key: 'r', icon: IconSearch, group: 'watch' },
  { to: '/review', label: 'Review', key: 'w', icon: IconChecklist, group: 'watch', waiting: 'review' },
  { to: '/problems', label: 'Problems', key: 'p', icon: IconAlertTriangle, group: 'watch' },
  { to: '/dead-letters', label: 'Dead letters', key: 'd', icon: IconMailX, group: 'watch', waiting: 'dead' },
  { to: '/alerts', label: 'Alerts', key: 'l', icon: IconBell, group: 'watch' },
  { to: '/reconciliation', label: 'Reconciliation', key: 'e', icon: IconScale, group: 'watch' },
  { to: '/syncs', label: 'Syncs', key: 's', icon: IconArrowsExchange, group: 'configure' },
  {
    to: '/connections',
    label: 'Connections',
    key: 'c',
    icon: IconPlug,
    group: 'configure',
    waiting: 'connections',
  },
  { to: '/dictionary', label: 'Data dictionary', key: 'y', icon: IconBook2, group: 'configure' },
  { to: '/activity', label: 'Activity', key: 'a', icon: IconActivity, group: 'configure' },
  { to: '/settings', label: 'Settings', key: ',', icon: IconSettings, group: 'configure' },
] as const;

export type Place = (typeof PLACES)[number];
