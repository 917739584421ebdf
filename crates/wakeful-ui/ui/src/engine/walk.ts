import { NO_ROW } from './columns.ts';
import type { Step } from './protocol.ts';
import { lowerBound, type Scene } from './scene.ts';
import { walkPacked } from './walk-packed.ts';

/** The row that a step from `from` (-1: from nowhere) leads to, or -1. `hits` are the rows that Find found. */
export function walk(scene: Scene, hits: Uint32Array, step: Step, from: number, page: number): number {
  switch (step) {
    case 'next-error':
      return around(shown(scene, scene.errors), from, 1);
    case 'previous-error':
      return around(shown(scene, scene.errors), from, -1);
    case 'next-hit':
      return around(shown(scene, hits), from, 1);
    case 'previous-hit':
      return around(shown(scene, hits), from, -1);
  }
  return scene.look.layout === 'packed' ? walkPacked(scene, step, from, page) : walkTree(scene, step, from, page);
}

function walkTree(scene: Scene, step: Step, from: number, page: number): number {
  const { tree } = scene;
  if (tree.count === 0) return -1;
  const index = from < 0 ? -1 : tree.indexOf(from);
  const visible = (at: number) => tree.visible[Math.min(tree.count - 1, Math.max(0, at))];
  switch (step) {
    case 'next':
      return visible(index + 1);
    case 'previous':
      return visible(index - 1);
    case 'first':
      return visible(0);
    case 'last':
      return visible(tree.count - 1);
    case 'page-down':
      return visible(index + page);
    case 'page-up':
      return visible(index - page);
    case 'in':
      return index >= 0 && tree.visibleParent(visible(index + 1)) === from ? visible(index + 1) : -1;
    case 'out':
      return from >= 0 ? tree.visibleParent(from) : -1;
    case 'next-sibling':
      return sibling(scene, from, 1);
    case 'previous-sibling':
      return sibling(scene, from, -1);
    default:
      return -1;
  }
}

function sibling(scene: Scene, from: number, by: 1 | -1): number {
  if (from < 0) return -1;
  const { columns } = scene;
  const wanted = columns.place[from] + by;
  const same = (row: number) => columns.parent[row] === columns.parent[from] && columns.place[row] === wanted;
  if (by === 1) {
    const row = from + columns.size[from];
    return row < columns.count && same(row) ? row : -1;
  }
  // Backwards, the sibling is the last ancestor below the common parent of the row before.
  let row = from - 1;
  while (row >= 0 && !same(row)) {
    const parent = columns.parent[row];
    if (parent === NO_ROW || parent === columns.parent[from]) return -1;
    row = parent;
  }
  return row;
}

/** Those of a list whose services are not left out. */
function shown({ tree, look }: Scene, list: Uint32Array): Uint32Array {
  return look.hidden.length === 0 ? list : list.filter((row) => !tree.isLeftOut(row));
}

/** The next of an ascending list after `from`, or the one before; past the end it begins again. */
function around(list: Uint32Array, from: number, by: 1 | -1): number {
  if (list.length === 0) return -1;
  const at = lowerBound(list, by === 1 ? from + 1 : Math.max(0, from));
  const next = by === 1 ? at % list.length : (at - 1 + list.length) % list.length;
  return list[next];
}
