import { expect, test } from 'vitest';
import type { TraceSummary } from '../../data/search.ts';
import { csvOfTraces } from './csv.ts';

const TRACE: TraceSummary = {
  ...{ id: '4bf9', rootService: 'shop', rootOperation: 'buy "now", please', startUnixNanos: '1795248471024080001' },
  ...{ durationNanos: 5, spans: 3, errors: 1, depth: 2, orphans: 0 },
  services: [
    { name: 'shop', spans: 2, errors: 0 },
    { name: 'db', spans: 1, errors: 1 },
  ],
};

test('a trace is a line', () => {
  expect(csvOfTraces([TRACE]).split('\r\n')).toEqual([
    'traceId,name,start,durationNanos,spans,errors,depth,orphans,services',
    '4bf9,"shop: buy ""now"", please",2026-11-21T08:07:51.024080001Z,5,3,1,2,0,shop db',
    '',
  ]);
});

test('a formula is text', () => {
  expect(csvOfTraces([{ ...TRACE, rootService: '=cmd()', rootOperation: 'x' }])).toContain(",'=cmd(): x,");
});
