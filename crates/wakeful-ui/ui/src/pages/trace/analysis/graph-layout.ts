import type { FlameNode } from './flame-tree.ts';

/** A node of the graph; places are columns and rows. */
export interface GraphNode {
  id: number;
  fn: number;
  /** The node it is called by, or -1. */
  parent: number;
  column: number;
  row: number;
  count: number;
  errors: number;
  hits: number;
  total: number;
  self: number;
  first: number;
}

export interface Graph {
  nodes: GraphNode[];
  columns: number;
  rows: number;
  /** Nodes beyond the limit. */
  left: number;
}

/**
 * Lays merged spans out from left to right: callers beside the middle of what they call, siblings by total time. Nodes are taken
 * level by level up to a limit, so what is left out is deepest.
 */
export function graphOf(root: FlameNode, limit: number): Graph {
  const kept = new Set<FlameNode>();
  let all = 0;
  for (let level = root.children; level.length > 0; level = level.flatMap(({ children }) => children)) {
    all += level.length;
    for (const node of [...level].sort((a, b) => b.total - a.total)) if (kept.size < limit) kept.add(node);
  }
  const graph: Graph = { nodes: [], columns: 0, rows: 0, left: all - kept.size };
  for (const node of byTotal(root, kept)) place(node, -1, 0, kept, graph);
  return graph;
}

/** Returns the row that the node stands in. */
function place(node: FlameNode, parent: number, column: number, kept: ReadonlySet<FlameNode>, graph: Graph): number {
  const rows = byTotal(node, kept).map((child) => place(child, node.id, column + 1, kept, graph));
  const row = rows.length > 0 ? (rows[0] + rows[rows.length - 1]) / 2 : graph.rows++;
  const { id, fn, count, errors, hits, total, self, row: first } = node;
  graph.nodes.push({ id, fn, parent, column, row, count, errors, hits, total, self, first });
  graph.columns = Math.max(graph.columns, column + 1);
  return row;
}

function byTotal(node: FlameNode, kept: ReadonlySet<FlameNode>): FlameNode[] {
  return node.children.filter((child) => kept.has(child)).sort((a, b) => b.total - a.total);
}
