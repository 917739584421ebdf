import type { Fold } from '../../engine/protocol.ts';

/** More than this the address does not keep: the oldest go. */
const KEPT_MAX = 100;

/**
 * What the user folded since the trace opened, as the address has it: `all`, `none`, levels as `o` and `p` (one more, one less), spans as
 * `+ID` and `-ID`, subtrees as `*ID`, runs as `xID`, each by its span id. Done again in the same order it gives the same rows.
 * `rowOf` finds the row of an id; what it does not find is left out.
 */
export function foldsIn(text: string, rowOf: (id: string) => number | undefined): Fold[] {
  return text
    .split('.')
    .map((fold) => foldOf(fold, rowOf))
    .filter((fold) => fold !== null);
}

function foldOf(text: string, rowOf: (id: string) => number | undefined): Fold | null {
  if (text === 'all' || text === 'none') return { what: 'all', open: text === 'all' };
  if (text === 'o' || text === 'p') return { what: 'level', by: text === 'o' ? 1 : -1 };
  const [, sign, id] = /^([-+*x])([0-9a-f]{1,16})$/.exec(text) ?? [];
  const row = id ? rowOf(id) : undefined;
  if (row === undefined) return null;
  if (sign === '*') return { what: 'subtree', row, open: true };
  if (sign === 'x') return { what: 'run', row };
  return { what: 'row', row, open: sign === '+' };
}

/** The row that is folded, or -1 where it is not one. */
export function rowOfFold(fold: Fold): number {
  return 'row' in fold ? fold.row : -1;
}

function textOf(fold: Fold, idOf: (row: number) => string): string {
  switch (fold.what) {
    case 'all':
      return fold.open ? 'all' : 'none';
    case 'level':
      return fold.by === 1 ? 'o' : 'p';
    case 'subtree':
      return `*${idOf(fold.row)}`;
    case 'run':
      return `x${idOf(fold.row)}`;
    case 'row':
      return `${fold.open ? '+' : '-'}${idOf(fold.row)}`;
  }
}

/** The text with one more: what it undoes or takes the place of is left out. */
export function withFold(text: string, fold: Fold, idOf: (row: number) => string): string {
  const last = textOf(fold, idOf);
  if (fold.what === 'all') return last;
  const before = text === '' ? [] : text.split('.');
  // A row that is folded twice is as it was folded last.
  const kept = fold.what === 'row' ? before.filter((other) => !/^[-+]/.test(other) || other.slice(1) !== last.slice(1)) : before;
  return [...kept, last].slice(-KEPT_MAX).join('.');
}
