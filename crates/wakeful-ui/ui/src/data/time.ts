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
  return `${date.getDate()} ${MONTHS[date.getMonth()]} ${date.getFullYear()}`;
}

export function formatClock(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((n) => String(n).padStart(2, '0')).join(':');
}

export function zoneName(date: Date): string {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' }).formatToParts(date);
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
}

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
