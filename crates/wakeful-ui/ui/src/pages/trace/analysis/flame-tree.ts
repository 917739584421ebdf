import type { Columns } from '../../../engine/columns.ts';
import { NO_ROW } from '../../../engine/columns.ts';
import { isError, PLACEHOLDER } from '../../../engine/flags.ts';

/** Spans of one path of services and operations. */
export interface FlameNode {
  /** The same for the same trace and transforms. */
  id: number;
  /** Service and operation, as a number: the "function" of the transforms. */
  fn: number;
  count: number;
  errors: number;
  /** Spans that find has. */
  hits: number;
  /** Nanoseconds. */
  total: number;
  self: number;
  /** Its own part of the width; what is below adds to it. */
  own: number;
  /** Its first span. */
  row: number;
  children: FlameNode[];
}

/** What a width is: self time adds up exactly; total time counts what ran side by side as often as it ran. */
export type Weight = 'self' | 'total';

/** Names of the functions by number. */
export interface Fn {
  service: string;
  name: string;
}

export interface FlameTree {
  root: FlameNode;
  fns: Fn[];
}

/** Merges the spans of a trace by path; `found` is 1 for rows that find has. */
export function flameTree(columns: Columns, self: Float64Array, weight: Weight, found = new Uint8Array(0)): FlameTree {
  const { count, parent, service, name, dur, flags } = columns;
  const fns: Fn[] = [];
  const codes = new Map<number, number>();
  const fnOf = (row: number) => {
    const key = service[row] * 0x1_0000_0000 + name[row];
    let code = codes.get(key);
    if (code === undefined) {
      code = fns.push({ service: columns.services[service[row]] ?? '', name: columns.names[name[row]] ?? '' }) - 1;
      codes.set(key, code);
    }
    return code;
  };
  const root = node(0, -1, -1);
  const nodes = [root];
  const at = new Uint32Array(count);
  const below: Map<number, FlameNode>[] = [new Map()];
  for (let row = 0; row < count; row++) {
    const above = parent[row] === NO_ROW ? 0 : at[parent[row]];
    // A parent that was not received is no span: its children stand at its place.
    if (flags[row] & PLACEHOLDER) {
      at[row] = above;
      continue;
    }
    const fn = fnOf(row);
    let here = below[above].get(fn);
    if (!here) {
      here = node(nodes.length, fn, row);
      nodes.push(here);
      below.push(new Map());
      below[above].set(fn, here);
      nodes[above].children.push(here);
    }
    at[row] = here.id;
    here.count++;
    here.total += dur[row];
    here.self += self[row];
    if (isError(flags[row])) here.errors++;
    if (found[row]) here.hits++;
  }
  for (const each of nodes) {
    const inside = each.children.reduce((sum, { total }) => sum + total, 0);
    each.own = weight === 'self' ? each.self : each === root ? 0 : Math.max(0, each.total - inside);
  }
  return { root, fns };
}

function node(id: number, fn: number, row: number): FlameNode {
  return { id, fn, count: 0, errors: 0, hits: 0, total: 0, self: 0, own: 0, row, children: [] };
}

/** What the user does with a flame graph, as the keys of the Firefox Profiler name it; `of` is a function's or a node's number. */
export interface Transform {
  do: 'focus' | 'focus-subtree' | 'merge' | 'merge-node' | 'collapse' | 'collapse-recursion' | 'drop';
  of: number;
}

/** The tree after a transform; the one given stays as it is. */
export function transformed(root: FlameNode, { do: what, of }: Transform): FlameNode {
  switch (what) {
    case 'focus-subtree': {
      const found = find(root, of);
      return found ? { ...root, own: 0, children: [found] } : root;
    }
    case 'focus': {
      const found: FlameNode[] = [];
      outermost(root, of, found);
      return found.length > 0 ? { ...root, own: 0, children: joined(found) } : root;
    }
    case 'merge':
      return rebuilt(root, (each) => (each.fn === of ? 'merge' : 'keep'));
    case 'merge-node':
      return rebuilt(root, (each) => (each.id === of ? 'merge' : 'keep'));
    case 'collapse':
      return rebuilt(root, (each) => (each.fn === of ? 'leaf' : 'keep'));
    case 'collapse-recursion':
      return rebuilt(root, (each, above) => (each.fn === of && above === of ? 'merge' : 'keep'));
    case 'drop':
      return rebuilt(root, (each) => (each.fn === of ? 'drop' : 'keep'));
  }
}

function find(from: FlameNode, id: number): FlameNode | undefined {
  if (from.id === id) return from;
  for (const child of from.children) {
    const found = find(child, id);
    if (found) return found;
  }
  return undefined;
}

function outermost(from: FlameNode, fn: number, found: FlameNode[]): void {
  for (const child of from.children) {
    if (child.fn === fn) found.push(child);
    else outermost(child, fn, found);
  }
}

type Fate = 'keep' | 'merge' | 'leaf' | 'drop';

/** Copies a tree; a merged node hands its width and its children up, a leaf takes in the widths below it. */
function rebuilt(from: FlameNode, fate: (node: FlameNode, parentFn: number) => Fate): FlameNode {
  const children: FlameNode[] = [];
  let own = from.own;
  for (const child of from.children) {
    const what = fate(child, from.fn);
    if (what === 'drop') continue;
    if (what === 'leaf') {
      children.push({ ...child, own: widthOf(child), children: [] });
      continue;
    }
    const copy = rebuilt(child, fate);
    if (what === 'merge') {
      own += copy.own;
      children.push(...copy.children);
    } else {
      children.push(copy);
    }
  }
  return { ...from, own, children: joined(children) };
}

/** Nodes of the same function become one, and so do their children. */
function joined(nodes: readonly FlameNode[]): FlameNode[] {
  const byFn = new Map<number, FlameNode>();
  for (const each of nodes) {
    const first = byFn.get(each.fn);
    if (!first) {
      byFn.set(each.fn, { ...each });
      continue;
    }
    for (const sum of ['count', 'errors', 'hits', 'total', 'self', 'own'] as const) first[sum] += each[sum];
    first.children = joined([...first.children, ...each.children]);
  }
  return [...byFn.values()];
}

/** The width of a node: its own, and all that is below it. */
export function widthOf(from: FlameNode): number {
  return from.children.reduce((sum, child) => sum + widthOf(child), from.own);
}
