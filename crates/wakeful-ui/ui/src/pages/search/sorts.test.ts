import { expect, test } from 'vitest';
import type { TraceSummary } from '../../data/search.ts';
import { SORTS, sorted } from './sorts.ts';

function trace(id: string, start: string, durationNanos: number, spans: number, errors: number): TraceSummary {
  return {
    ...{ id, rootService: 's', rootOperation: id, startUnixNanos: start },
    ...{ durationNanos, spans, errors, depth: 1, orphans: 0, services: [] },
  };
}

// Starts differ in a digit that a Number would lose.
const TRACES = [
  trace('b', '1795248471024080002', 5, 1, 0),
  trace('c', '1795248471024080003', 1, 9, 2),
  trace('a', '1795248471024080001', 9, 5, 1),
];

test.each([
  ['recent', 'cba'],
  ['oldest', 'abc'],
  ['longest', 'abc'],
  ['shortest', 'cba'],
  ['most-spans', 'cab'],
  ['least-spans', 'bac'],
  ['most-errors', 'cab'],
  ['least-errors', 'bac'],
  ['name', 'abc'],
  ['name-down', 'cba'],
  ['unknown', 'cba'],
])('%s', (value, order) => {
  expect(sorted(TRACES, value).map(({ id }) => id).join('')).toBe(order);
});

test('every sort is tested', () => {
  expect(SORTS).toHaveLength(10);
});
