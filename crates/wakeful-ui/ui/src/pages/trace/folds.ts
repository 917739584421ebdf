import type { Fold } from '../../engine/protocol.ts';

/** More than this the address does not keep: the oldest go. */
const KEPT_MAX = 200;

/**
 * What the user folded since the trace opened, as the address has it: `all`, `none`, levels as `o` and `p` (one more, one less), rows as
 * `+12` and `-12`, subtrees as `*12`, runs as `x12`. Done again in the same order it gives the same rows.
 */
export function foldsIn(text: string): Fold[] {
  return text
    .split('.')
    .map(foldOf)
    .filter((fold) => fold !== null);
}

function foldOf(text: string): Fold | null {
  if (text === 'all' || text === 'none') return { what: 'all', open: text === 'all' };
  if (text === 'o' || text === 'p') return { what: 'level', by: text === 'o' ? 1 : -1 };
  const [, sign, digits] = /^([-+*x])(\d{1,9})$/.exec(text) ?? [];
  if (!digits) return null;
  const row = Number(digits);
  if (sign === '*') return { what: 'subtree', row, open: true };
  if (sign === 'x') return { what: 'run', row };
  return { what: 'row', row, open: sign === '+' };
}

function textOf(fold: Fold): string {
  switch (fold.what) {
    case 'all':
      return fold.open ? 'all' : 'none';
    case 'level':
      return fold.by === 1 ? 'o' : 'p';
    case 'subtree':
      return `*${fold.row}`;
    case 'run':
      return `x${fold.row}`;
    case 'row':
      return `${fold.open ? '+' : '-'}${fold.row}`;
  }
}

/** The text with one more: what it undoes or takes the place of is left out. */
export function withFold(text: string, fold: Fold): string {
  if (fold.what === 'all') return textOf(fold);
  const before = text === '' ? [] : text.split('.');
  // A row that is folded twice is as it was folded last.
  const kept = fold.what === 'row' ? before.filter((other) => !/^[-+]/.test(other) || Number(other.slice(1)) !== fold.row) : before;
  return [...kept, textOf(fold)].slice(-KEPT_MAX).join('.');
}
