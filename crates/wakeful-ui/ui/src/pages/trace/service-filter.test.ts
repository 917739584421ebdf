import { expect, test } from 'vitest';
import { allowed, checksum, decodeFilter, encodeFilter } from './service-filter.ts';

// Made by running Jaeger's own functions (url/svcFilter.ts) on the same names.
const MANY = Array.from({ length: 70 }, (_, i) => `svc-${String(i).padStart(2, '0')}`);
const VECTORS: [string[], string[], string][] = [
  [['api', 'auth', 'cache', 'db'], ['auth', 'cache'], '7d06.9'],
  [['api', 'auth', 'cache', 'db'], [], ''],
  [['api', 'db'], ['api', 'db'], ''],
  [['frontend', 'Checkout', 'zürich', '日本', '😀'], ['Checkout', 'zürich'], 'e058.1a'],
  [['mini-redis'], [], ''],
  [MANY, MANY.slice(3, 66), '721d.3c0000000000000007'],
];

test.each(VECTORS)('%j without %j', (services, hidden, parameter) => {
  expect(encodeFilter(services, hidden)).toBe(parameter);
  if (parameter !== '') expect(decodeFilter(services, parameter)).toEqual(hidden);
});

test.each<[string, string]>([
  ['made for other services', `${checksum(['api', 'db', 'new'])}.1`],
  ['nothing is shown', `${checksum(['api', 'db'])}.0`],
  ['no mask', `${checksum(['api', 'db'])}.`],
  ['a mask that is too long', `${checksum(['api', 'db'])}.ffff`],
  ['no checksum', '3'],
  ['other text', '<script>'],
])('a parameter is refused: %s', (_, parameter) => {
  expect(decodeFilter(['api', 'db'], parameter)).toBeNull();
});

test('all shown hides nothing', () => {
  expect(decodeFilter(['api', 'db'], `${checksum(['api', 'db'])}.3`)).toEqual([]);
});

test('a trace never loses all its roots', () => {
  expect(allowed(['api', 'db'], ['api'])).toEqual(['db']);
  expect(allowed(['api', 'db'], ['api', 'db'])).toEqual([]);
  expect(allowed(['db'], ['api', 'db'])).toEqual(['db']);
});
