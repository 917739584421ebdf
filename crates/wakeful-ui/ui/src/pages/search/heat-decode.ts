import { tableFromIPC } from '@uwdata/flechette';

/** Counts of all matches: cells of a grid over time and the logarithm of duration. */
export interface Heat {
  columns: number;
  rows: number;
  /** Unix nanoseconds; columns divide them evenly. */
  start: bigint;
  end: bigint;
  /** Nanoseconds; rows divide their logarithms evenly. */
  least: number;
  most: number;
  traces: number;
  complete: boolean;
  message: string;
  cells: readonly Cell[];
}

export interface Cell {
  x: number;
  y: number;
  count: number;
  errors: number;
}

/** Reads the answer to `search/heat` for a grid of so many columns and rows. */
export function decodeHeat(bytes: Uint8Array, columns: number, rows: number): Heat {
  const table = tableFromIPC(bytes);
  const facts = table.schema.metadata ?? new Map<string, string>();
  const of = (name: string) => facts.get(name) ?? '';
  const [xs, ys, counts, errors] = ['x', 'y', 'count', 'errors'].map((name) => Array.from(table.getChild(name), Number));
  return {
    ...{ columns, rows },
    start: BigInt(of('start') || 0),
    end: BigInt(of('end') || 0),
    least: Number(of('minNanos') || 0),
    most: Number(of('maxNanos') || 0),
    traces: Number(of('traces') || 0),
    complete: of('complete') !== 'false',
    message: of('message'),
    cells: xs.map((x, i) => ({ x, y: ys[i], count: counts[i], errors: errors[i] })),
  };
}
