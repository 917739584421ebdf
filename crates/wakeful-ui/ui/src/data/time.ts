import { signal } from '@preact/signals';

export type Zone = 'local' | 'utc';

/** The zone in which the page shows times: the browser's, or UTC. */
export const zone = signal<Zone>('local');

/** Unix nanoseconds are BigInt or decimal digits throughout: a Number loses the last digits. */
export function nanosOf(digits: string): bigint {
  return /^-?\d+$/.test(digits) ? BigInt(digits) : 0n;
}

export function millisOf(nanos: bigint): number {
  return Number(nanos / 1_000_000n);
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `21 Nov 2026 11:42:07.123 456 789 CET`. */
export function formatInstant(nanos: bigint): string {
  const date = new Date(millisOf(nanos));
  const rest = String(nanos % 1_000_000_000n).padStart(9, '0');
  return `${formatDay(date)} ${formatClock(date)}.${rest.match(/.{3}/g)?.join(' ')} ${zoneName(date)}`;
}

/** RFC 3339 with all nine digits, for copying. */
export function rfc3339(nanos: bigint): string {
  const seconds = new Date(millisOf(nanos)).toISOString().slice(0, 19);
  return `${seconds}.${String(nanos % 1_000_000_000n).padStart(9, '0')}Z`;
}

/** `Today 11:42:07`, `Yesterday 09:10:00`, `19 Nov 2026 09:10:00`. */
export function formatNear(millis: number, now: number): string {
  const date = new Date(millis);
  const days = Math.round((startOfDay(new Date(now)) - startOfDay(date)) / 86_400_000);
  const day = days === 0 ? 'Today' : days === 1 ? 'Yesterday' : formatDay(date);
  return `${day} ${formatClock(date)}`;
}

/** `just now`, `3 min ago`, `2 days ago`. */
export function formatAgo(millis: number, now: number): string {
  const seconds = Math.round((now - millis) / 1000);
  if (seconds < 0) return 'in the future';
  if (seconds < 10) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  if (hours < 36) return `${hours} h ago`;
  return `${Math.round(hours / 24)} days ago`;
}

export function formatDay(date: Date): string {
  const [year, month, day] = fields(date);
  return `${day} ${MONTHS[month]} ${year}`;
}

export function formatClock(date: Date): string {
  return fields(date).slice(3).map(two).join(':');
}

/** Date and time as a field of the type `datetime-local` has it, to the second. */
export function fieldOf(date: Date): string {
  const [year, month, day, ...clock] = fields(date);
  return `${year}-${two(month + 1)}-${two(day)}T${clock.map(two).join(':')}`;
}

/** The instant (Unix ms) that such a field means; NaN if it means none. */
export function instantOf(field: string): number {
  return new Date(zone.value === 'utc' && field ? `${field}Z` : field).getTime();
}

export function zoneName(date: Date): string {
  if (zone.value === 'utc') return 'UTC';
  const parts = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' }).formatToParts(date);
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
}

/** Year, month from 0, day, hours, minutes, seconds in the zone of the page. */
function fields(date: Date): number[] {
  return zone.value === 'utc'
    ? [
        ...[date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()],
        ...[date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()],
      ]
    : [
        ...[date.getFullYear(), date.getMonth(), date.getDate()],
        ...[date.getHours(), date.getMinutes(), date.getSeconds()],
      ];
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** A number that is the same for all instants of a day, and grows by a day's milliseconds. */
function startOfDay(date: Date): number {
  const [year, month, day] = fields(date);
  return Date.UTC(year, month, day);
}
