import { columnFromArray, dictionary, tableFromColumns, tableToIPC, uint32, utf8 } from '@uwdata/flechette';
import { expect, test } from 'vitest';
import { snapshotOf } from '../../../engine/snapshot.ts';
import { sceneOf } from '../../../engine/testing/scenes.ts';
import type { Question } from './protocol.ts';
import { AnalysisSession } from './session.ts';

const { columns } = sceneOf([[1, 'web/run', 0, 100], [2, 'db/get', 10, 20], [2, 'db/put', 40, 10]]);

function loaded(): AnalysisSession {
  const session = new AnalysisSession();
  session.handle({ id: 0, kind: 'load', snapshot: snapshotOf(columns) });
  return session;
}

function ask(session: AnalysisSession, question: Question): unknown {
  return session.handle({ id: 1, kind: 'question', question });
}

const statistics: Question = { kind: 'statistics', first: 'service', second: '', field: 'count', descending: true, limit: 1 };

test('groups are counted in all, and answered up to the limit', () => {
  expect(ask(loaded(), statistics)).toMatchObject({ id: 1, answer: { groups: [{ label: 'db', count: 2 }], total: 2, spans: 3 } });
});

test('the values of an attribute come in batches from the server', () => {
  const session = loaded();
  const options = { maxBatchRows: 1 };
  const table = tableFromColumns({
    row: columnFromArray([1, 2], uint32(), options),
    value: columnFromArray(['GET', 'SET'], dictionary(utf8(), uint32()), options),
  });
  const bytes = tableToIPC(table, { format: 'stream' }) as Uint8Array<ArrayBuffer>;
  session.handle({ id: 0, kind: 'attribute', key: 'db.op', bytes });
  const asked = ask(session, { ...statistics, first: 'attribute:db.op', field: 'label', descending: false, limit: 9 });
  expect(asked).toMatchObject({ answer: { groups: [{ label: 'GET' }, { label: 'SET' }, { label: null, count: 1 }] } });
});

test('a table is read in pieces of its order', () => {
  const session = loaded();
  const filter = { service: '', name: '', status: '' as const, least: 0 };
  expect(ask(session, { kind: 'table', filter, field: 'dur', descending: true })).toMatchObject({ answer: { total: 3 } });
  expect(ask(session, { kind: 'rows', from: 1, to: 2 })).toMatchObject({ answer: [{ row: 1, name: 'get', dur: 20 }] });
  expect(ask(session, { kind: 'place', row: 2 })).toMatchObject({ answer: 2 });
});

test('what find has is counted where spans are merged', () => {
  const session = loaded();
  const hits = (sought: string) => {
    const { answer } = ask(session, { kind: 'graph', limit: 9, sought: { query: sought, count: 1 } }) as { answer: { nodes: { id: number; hits: number }[] } };
    return answer.nodes.toSorted((a, b) => a.id - b.id).map((node) => node.hits);
  };
  expect(hits('')).toEqual([0, 0, 0]);
  session.handle({ id: 2, kind: 'hits', rows: Uint32Array.of(0, 2) });
  expect(hits('put')).toEqual([1, 0, 1]);
  session.handle({ id: 3, kind: 'hits', rows: new Uint32Array(0) });
  expect(hits('')).toEqual([0, 0, 0]);
});

test('what cannot be answered is an error, not silence', () => {
  expect(ask(loaded(), { ...statistics, first: 'attribute:none' })).toMatchObject({ id: 1, error: expect.stringContaining('none') });
});
