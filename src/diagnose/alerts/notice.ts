/** What one message says, whatever the channel. */
import type { AlertRow, ChannelRow } from '../../store/alerts.ts';

export interface Notice {
  readonly kind: 'change' | 'digest' | 'test';
  /** Names the message itself, so that a receiver can tell a repetition. */
  readonly id: string;
  readonly atMs: number;
  readonly raised: readonly AlertRow[];
  readonly recovered: readonly AlertRow[];
}

/** The part of the news that the channel wants to hear; null when there is none. */
export function noticeFor(channel: ChannelRow, notice: Notice): Notice | null {
  const wanted = ({ severity }: AlertRow): boolean =>
    channel.severity === 'warning' || severity === 'critical';
  const raised = notice.raised.filter(wanted);
  const recovered = notice.recovered.filter(wanted);
  const isNews = raised.length + recovered.length > 0;
  if (notice.kind === 'digest' && !channel.digest) return null;
  return isNews || notice.kind === 'test' ? { ...notice, raised, recovered } : null;
}

const LISTED_MAX = 20;

/** One line for a subject or a phone's screen. */
export function headline({ kind, raised, recovered }: Notice): string {
  if (kind === 'test') return 'Trueup: this is a test';
  const [first] = raised;
  if (kind === 'digest') return `Trueup: ${counted(raised.length, 'unresolved alert')}`;
  if (first === undefined)
    return `Trueup: recovered — ${recovered[0]?.title ?? ''}${more(recovered.length - 1)}`;
  return `Trueup: ${placeOf(first)}${first.title}${more(raised.length - 1)}`;
}

/** The whole story in lines; what was raised first, the gravest before others. */
export function storyLines(notice: Notice): readonly string[] {
  const { kind, raised, recovered, atMs } = notice;
  if (kind === 'test') return ['This is a test: notices of Trueup arrive here.'];
  const gravest = raised.toSorted(
    (left, right) => Number(right.severity === 'critical') - Number(left.severity === 'critical'),
  );
  return [
    ...gravest.slice(0, LISTED_MAX).flatMap((alert) => alertLines(alert, atMs)),
    ...omitted(gravest.length),
    ...recovered.slice(0, LISTED_MAX).map((alert) => `RECOVERED ${placeOf(alert)}${alert.title}`),
    ...omitted(recovered.length),
  ];
}

function alertLines(alert: AlertRow, atMs: number): readonly string[] {
  return [
    `${alert.severity.toUpperCase()} ${placeOf(alert)}${alert.title}`,
    `  ${alert.detail}`,
    `  since ${new Date(alert.sinceMs).toISOString()} (${ageText(atMs - alert.sinceMs)}), code ${alert.code}`,
    `  What to do: ${alert.advice}`,
  ];
}

function omitted(count: number): readonly string[] {
  return count > LISTED_MAX ? [`… and ${String(count - LISTED_MAX)} more: trueup problems`] : [];
}

function placeOf({ sync, side }: AlertRow): string {
  const parts = [sync, side].filter((part) => part !== null);
  return parts.length === 0 ? '' : `${parts.join('/')}: `;
}

function more(others: number): string {
  return others > 0 ? ` and ${String(others)} more` : '';
}

function counted(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function ageText(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 120) return counted(minutes, 'minute');
  return minutes < 2_880
    ? counted(Math.round(minutes / 60), 'hour')
    : counted(Math.round(minutes / 1_440), 'day');
}
