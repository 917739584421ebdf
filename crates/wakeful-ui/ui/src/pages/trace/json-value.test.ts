import { expect, test } from 'vitest';
import type { Value } from '../../data/span.ts';
import { hexGroups, type Node, treeOf } from './json-value.ts';

/** A tree with all of it open, a line a node. */
function shown(node: Node | null, indent = ''): string[] {
  if (!node) return ['no tree'];
  const line = `${indent}${node.name ? `${node.name}: ` : ''}${node.text}`;
  return [line, ...(node.parts?.() ?? []).flatMap((part) => shown(part, `${indent}  `))];
}

test.each<[string, Value, string[]]>([
  ['an object in a text', { type: 'string', value: '{"a": {"b": [1, "x"]}, "c": null}' }, [
    '{2}', '  a: {1}', '    b: [2]', '      0: 1', '      1: "x"', '  c: null',
  ]],
  ['an array in a text', { type: 'string', value: ' [true]' }, ['[1]', '  0: true']],
  ['a typed array', { type: 'array', value: [{ type: 'int', value: '9007199254740993' }] }, ['[1]', '  0: 9007199254740993']],
  ['a typed map', { type: 'map', value: [{ key: 'k', type: 'bool', value: false }] }, ['{1}', '  k: false']],
  ['a text', { type: 'string', value: 'plain' }, ['no tree']],
  ['a number in a text', { type: 'string', value: '1' }, ['no tree']],
  ['a text that begins as JSON', { type: 'string', value: '{oops' }, ['no tree']],
  ['a text that was cut', { type: 'string', value: '{"a": 1}', cut: true, bytes: 9e5 }, ['no tree']],
  ['an int', { type: 'int', value: '1' }, ['no tree']],
])('%s', (_, value, tree) => {
  expect(shown(treeOf(value))).toEqual(tree);
});

test('bytes stand in pairs', () => {
  expect(hexGroups('0001020304050607ff')).toBe('00 01 02 03 04 05 06 07  ff');
  expect(hexGroups('')).toBe('');
});
