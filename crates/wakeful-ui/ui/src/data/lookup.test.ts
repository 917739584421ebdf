import { expect, test } from 'vitest';
import { traceIdIn } from './lookup.ts';

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
  [`http://localhost:16686/trace/${ID}?uiFind=x`, ID],
  [`http://other/jaeger/trace/${ID}`, ID],
  ['no id', null],
  ['', null],
  [`${ID}00`, null],
])('%s', (pasted, id) => {
  expect(traceIdIn(pasted)).toBe(id);
});
