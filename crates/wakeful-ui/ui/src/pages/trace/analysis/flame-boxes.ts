import { type FlameNode, widthOf } from './flame-tree.ts';

/** A node as it is drawn: place and width are parts of the whole width. */
export interface Box {
  id: number;
  fn: number;
  /** The box that it hangs below, or -1. */
  parent: number;
  /** 0 is the top row. */
  depth: number;
  left: number;
  width: number;
  count: number;
  errors: number;
  hits: number;
  total: number;
  self: number;
  /** What the width stands for, in nanoseconds. */
  weight: number;
  row: number;
}

export interface Boxes {
  list: Box[];
  /** Nanoseconds that the whole width stands for. */
  weight: number;
  depth: number;
  /** Nodes that were too narrow. */
  left: number;
}

/**
 * Lays a tree out left heavy: the widest child first. Nodes narrower than `least` (of the whole) are left out, and counted; so are
 * those outside of the window, uncounted.
 */
export function boxesOf(root: FlameNode, least: number, window: readonly [number, number] = [0, 1]): Boxes {
  const weight = root.children.reduce((sum, child) => sum + widthOf(child), 0);
  const out: Boxes = { list: [], weight, depth: 0, left: 0 };
  if (weight > 0) place(root.children, -1, 0, 0, { out, weight, least, window });
  return out;
}

interface Placing {
  out: Boxes;
  weight: number;
  least: number;
  window: readonly [number, number];
}

function place(nodes: readonly FlameNode[], parent: number, depth: number, from: number, placing: Placing): void {
  const { out, weight, least, window } = placing;
  let next = from;
  const sized = nodes.map((node) => ({ node, width: widthOf(node) / weight })).sort((a, b) => b.width - a.width);
  for (const { node, width } of sized) {
    const left = next;
    next += width;
    if (width < least) {
      out.left += 1 + below(node);
      continue;
    }
    if (next <= window[0] || left >= window[1]) continue;
    const { id, fn, count, errors, hits, total, self, row } = node;
    out.list.push({ id, fn, parent, depth, left, width, count, errors, hits, total, self, weight: width * weight, row });
    out.depth = Math.max(out.depth, depth + 1);
    place(node.children, id, depth + 1, left, placing);
  }
}

function below(node: FlameNode): number {
  return node.children.reduce((sum, child) => sum + 1 + below(child), 0);
}
