import { expect, test } from 'vitest';
import { type Pasted, readPasted, traceIdIn } from './lookup.ts';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';

test.each([
  [ID, ID],
  [` ${ID.toUpperCase()} `, ID],
  ['a3ce929d0e0e4736', 'a3ce929d0e0e4736'],
  ['0000000000000000a3ce929d0e0e4736', 'a3ce929d0e0e4736'],
  ['1f', '000000000000001f'],
  ['bf92f3577b34da6a3ce929d0e0e4736', '0bf92f3577b34da6a3ce929d0e0e4736'],
  ['S/kvNXezTaajzpKdDg5HNg==', ID],
  [`00-${ID}-00f067aa0ba902b7-01`, ID],
  ['no id', null],
  ['', null],
  [`${ID}00`, null],
])('the trace id in %s', (pasted, id) => {
  expect(traceIdIn(pasted)).toBe(id);
});

test.each<[string, Pasted | null]>([
  ['', null],
  [`0x${ID}`, { kind: 'trace', id: ID }],
  [`00-${ID}-00F067AA0BA902B7-01`, { kind: 'trace', id: ID, span: '00f067aa0ba902b7' }],
  ['A3CE929D0E0E4736', { kind: 'ask', text: 'a3ce929d0e0e4736' }],
  ['o86SnQ4ORzY=', { kind: 'ask', text: 'a3ce929d0e0e4736' }],
  ['my-debug-id', { kind: 'ask', text: 'my-debug-id' }],
  [`http://localhost:16686/trace/${ID}?uiFind=x`, { kind: 'address', path: `/trace/${ID}`, query: 'uiFind=x' }],
  [`https://other/jaeger/ui/trace/${ID}`, { kind: 'address', path: `/trace/${ID}`, query: '' }],
  ['http://other/jaeger/search?service=a&limit=3#x', { kind: 'address', path: '/search', query: 'service=a&limit=3' }],
  ['http://other/elsewhere', { kind: 'ask', text: 'http://other/elsewhere' }],
])('%s', (pasted, read) => {
  expect(readPasted(pasted)).toEqual(read);
});
