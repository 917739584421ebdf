import type { Snapshot } from '../../../engine/snapshot.ts';
import type { Boxes } from './flame-boxes.ts';
import type { Fn, Transform, Weight } from './flame-tree.ts';
import type { Graph } from './graph-layout.ts';
import type { Field, Statistic } from './statistics.ts';
import type { TableField, TableFilter, TableRow } from './table.ts';

/** What spans are grouped by: `service`, `operation`, or `attribute:KEY`. */
export type Grouping = 'service' | 'operation' | `attribute:${string}`;

export interface StatisticsQuestion {
  kind: 'statistics';
  first: Grouping;
  second: Grouping | '';
  field: Field;
  descending: boolean;
  /** So many groups, and parts of each, are answered. */
  limit: number;
}

export interface TableQuestion {
  kind: 'table';
  filter: TableFilter;
  field: TableField;
  descending: boolean;
}

/** What find had when a question was asked: another answer belongs to another one. */
export interface Sought {
  query: string;
  count: number;
}

export interface FlameQuestion {
  kind: 'flame';
  sought: Sought;
  weight: Weight;
  transforms: readonly Transform[];
  /** Narrower nodes are left out; a part of the whole width. */
  least: number;
  /** The part of the whole width that is on screen. */
  window: readonly [number, number];
}

/** What can be asked of a trace's rows, and what is answered. */
export interface Questions {
  statistics: { question: StatisticsQuestion; answer: { groups: Statistic[]; total: number; spans: number } };
  /** Filters and sorts; `rows` then reads from that order. */
  table: { question: TableQuestion; answer: { total: number; spans: number } };
  rows: { question: { kind: 'rows'; from: number; to: number }; answer: TableRow[] };
  /** What is known of spans, whatever the order. */
  spans: { question: { kind: 'spans'; rows: readonly number[] }; answer: TableRow[] };
  /** The place of a row in the order of the table, or -1. */
  place: { question: { kind: 'place'; row: number }; answer: number };
  /** Merged spans laid out from left to right, up to a limit. */
  graph: { question: { kind: 'graph'; limit: number; sought: Sought }; answer: Graph & { fns: Fn[] } };
  flame: { question: FlameQuestion; answer: Boxes & { fns: Fn[] } };
}

export type Question = Questions[keyof Questions]['question'];

export type Request =
  | { id: number; kind: 'load'; snapshot: Snapshot }
  /** The values of an attribute by row, as an Arrow stream. */
  | { id: number; kind: 'attribute'; key: string; bytes: Uint8Array<ArrayBuffer> }
  /** Rows that find has. */
  | { id: number; kind: 'hits'; rows: Uint32Array<ArrayBuffer> }
  | { id: number; kind: 'question'; question: Question };

export type Reply = { id: number; answer: unknown } | { id: number; error: string };
