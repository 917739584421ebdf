import { expect, test } from 'vitest';
import { fieldOf, formatAgo, formatInstant, formatNear, instantOf, nanosOf, rfc3339, zone } from './time.ts';

test('an instant has all its digits and its zone', () => {
  const text = formatInstant(nanosOf('1795248471024080001'));
  expect(text).toMatch(/^\d+ Nov 2026 \d\d:\d\d:51\.024 080 001 \S+$/);
});

test('copied, it is RFC 3339', () => {
  expect(rfc3339(nanosOf('1795248471024080001'))).toBe('2026-11-21T08:07:51.024080001Z');
});

test.each(['', 'x', '1.5'])('%j is no instant', (digits) => {
  expect(nanosOf(digits)).toBe(0n);
});

const NOW = new Date(2026, 10, 21, 11, 42, 7).getTime();

test.each([
  [0, 'Today 11:42:07'],
  [12 * 3_600_000, 'Yesterday 23:42:07'],
  [72 * 3_600_000, '18 Nov 2026 11:42:07'],
])('%d ms before', (before, text) => {
  expect(formatNear(NOW - before, NOW)).toBe(text);
});

test.each([
  [3_000, 'just now'],
  [42_000, '42 s ago'],
  [90_000, '2 min ago'],
  [7_200_000, '2 h ago'],
  [200_000_000, '2 days ago'],
  [-5_000, 'in the future'],
])('%d ms ago', (before, text) => {
  expect(formatAgo(NOW - before, NOW)).toBe(text);
});

test('in UTC, whatever the zone of the browser', () => {
  zone.value = 'utc';
  expect(formatInstant(nanosOf('1795248471024080001'))).toBe('21 Nov 2026 08:07:51.024 080 001 UTC');
  expect(fieldOf(new Date(1795248471024))).toBe('2026-11-21T08:07:51');
  expect(instantOf('2026-11-21T08:07:51')).toBe(1795248471000);
  zone.value = 'local';
});

test('a field says the instant that it was made of', () => {
  expect(instantOf(fieldOf(new Date(1795248471000)))).toBe(1795248471000);
  expect(instantOf('')).toBeNaN();
});
