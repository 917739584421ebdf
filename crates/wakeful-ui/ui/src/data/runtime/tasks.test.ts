import { expect, test } from 'vitest';
import { MOCK_PROGRAM, MockRuntime } from '../../../dev/mock-runtime.ts';
import { decodeLocations, decodeTasks, rowOf } from './tasks.ts';
import { lintMask, lintNames } from './lints.ts';

const NOW = Date.UTC(2026, 10, 21, 8, 10);

/** What the generated program answers. */
function answered(path: string): Uint8Array {
  let body: unknown;
  const response = { setHeader: () => undefined, end: (bytes: unknown) => (body = bytes), write: () => true };
  const [rest, query] = path.split('?');
  new MockRuntime(NOW, true).answer(rest, new URLSearchParams(query), response as never);
  return body as Uint8Array;
}

test('a table of tasks: ids as text, what is not known as NaN, times from the base', () => {
  const { facts, rows } = decodeTasks(answered(`tasks?program=${MOCK_PROGRAM}`));
  expect(rows).toHaveLength(40);
  expect(facts).toMatchObject({ matched: 40, partly: false, complete: true, counts: { tasks: 40, running: 3, done: 4 } });
  expect(facts.insight.depth).toBe('hooks');
  expect(facts.base + BigInt(facts.at)).toBe(BigInt(NOW) * 1_000_000n);
  expect(rows[0]).toMatchObject({ id: '1', state: 'idle', parent: '', kind: 'block_on', location: 'src/server.rs:90:5' });
  expect(rows[1]).toMatchObject({ id: '2', parent: '1', fields: 'peer=10.0.0.1 proto=resp3' });
  expect([rows[4].busy, rows[4].polls, rows[0].end]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  expect(lintNames(rows[3].lints)).toEqual(['long-poll']);
});

test('spawn locations', () => {
  const { rows } = decodeLocations(answered(`tasks?program=${MOCK_PROGRAM}&group=location`));
  expect(rows.find(({ location }) => location === 'src/server.rs:131:9')).toMatchObject({ growth: 41, started: 100, count: 7 });
});

test('a watched task is a row like the others', () => {
  const base = 1_000n;
  const task = { id: '12', state: 'scheduled', name: 'accept', startUnixNanos: '1500', endUnixNanos: null, polls: 3, busy: null, lints: ['long-poll'], pollTimes: [1, 2] };
  expect(rowOf(task, base, 900)).toMatchObject({
    ...{ id: '12', state: 'scheduled', name: 'accept', start: 500, end: Number.NaN, polls: 3, busy: Number.NaN, at: 900, ended: 0 },
    ...{ lints: lintMask(['long-poll']), pollTimes: [1, 2] },
  });
  expect(rowOf({ id: '1', startUnixNanos: '1000', endUnixNanos: '1700', ended: 'panicked', state: 'done' }, base, 0)).toMatchObject({ state: 'done', ended: 2, end: 700 });
  expect(rowOf({ id: '1', startUnixNanos: '1000', state: null }, base, 0).state).toBe('unknown');
});
