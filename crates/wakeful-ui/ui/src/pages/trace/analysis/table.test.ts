import { expect, test } from 'vitest';
import { PLACEHOLDER, STATUS_ERROR } from '../../../engine/flags.ts';
import { sceneOf } from '../../../engine/testing/scenes.ts';
import { selfTimes } from './self-time.ts';
import { tableRow, tableRows, type TableField, type TableFilter } from './table.ts';

const { columns } = sceneOf([
  [1, 'web/run', 0, 100],
  [2, 'db/get', 10, 20, STATUS_ERROR],
  [2, 'db/put', 40, 10, 1],
  [2, 'web/get', 60, 30],
  [1, '/5c1f', 200, 10, PLACEHOLDER],
]);
const self = selfTimes(columns);
const ALL: TableFilter = { service: '', name: '', status: '', least: 0 };

function rows(filter: Partial<TableFilter>, field: TableField = 'start', descending = false): number[] {
  return [...tableRows(columns, self, { ...ALL, ...filter }, field, descending)];
}

test.each<[string, Partial<TableFilter>, number[]]>([
  ['nothing', {}, [0, 1, 2, 3]],
  ['a service', { service: 'DB' }, [1, 2]],
  ['a name', { name: 'get' }, [1, 3]],
  ['errors', { status: 'error' }, [1]],
  ['ok', { status: 'ok' }, [2]],
  ['no status', { status: 'unset' }, [0, 3]],
  ['a duration', { least: 20 }, [0, 1, 3]],
  ['several', { service: 'db', least: 15 }, [1]],
])('filtered by %s', (_, filter, expected) => {
  expect(rows(filter)).toEqual(expected);
});

test.each<[TableField, boolean, number[]]>([
  ['dur', true, [0, 3, 1, 2]],
  ['self', true, [0, 3, 1, 2]],
  ['service', false, [1, 2, 0, 3]],
  ['service', true, [0, 3, 1, 2]],
  ['name', false, [1, 3, 2, 0]],
  ['status', true, [1, 2, 0, 3]],
  ['busy', false, [0, 1, 2, 3]],
])('sorted by %s, descending %j', (field, descending, expected) => {
  expect(rows({}, field, descending)).toEqual(expected);
});

test('a row says what is known of its span', () => {
  expect(tableRow(columns, self, 1)).toEqual({
    row: 1,
    service: 'db',
    name: 'get',
    start: 10,
    dur: 20,
    self: 20,
    busy: Number.NaN,
    status: 'error',
  });
});
