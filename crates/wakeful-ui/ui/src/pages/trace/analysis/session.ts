import { tableFromIPC } from '@uwdata/flechette';
import { Columns } from '../../../engine/columns.ts';
import { restored } from '../../../engine/snapshot.ts';
import { boxesOf } from './flame-boxes.ts';
import { type FlameTree, flameTree, transformed } from './flame-tree.ts';
import { graphOf } from './graph-layout.ts';
import type { FlameQuestion, Grouping, Question, Questions, Reply, Request } from './protocol.ts';
import { selfTimes } from './self-time.ts';
import { type Codes, sorted, statistics } from './statistics.ts';
import { tableRow, tableRows } from './table.ts';

/** A trace's rows and what is computed from them. Runs in a web worker. */
export class AnalysisSession {
  private columns = new Columns();
  private self: Float64Array = new Float64Array(0);
  private duration = 0;
  private order: Uint32Array = new Uint32Array(0);
  /** By row, 1 = find has it. */
  private found = new Uint8Array(0);
  private flameKept: { key: string; tree: FlameTree } | null = null;
  private readonly attributes = new Map<string, Codes>();

  /** Never throws: what went wrong is an answer too. */
  handle(request: Request): Reply {
    try {
      return { id: request.id, answer: this.answer(request) };
    } catch (error) {
      const deep = error instanceof RangeError;
      return { id: request.id, error: deep ? 'the trace is too deep for this view' : String(error) };
    }
  }

  private answer(request: Request): unknown {
    switch (request.kind) {
      case 'load':
        this.load(restored(request.snapshot));
        return null;
      case 'attribute':
        this.attributes.set(request.key, codesOf(request.bytes, this.columns.count));
        return null;
      case 'hits':
        this.found = new Uint8Array(this.columns.count);
        for (const row of request.rows) this.found[row] = 1;
        this.flameKept = null;
        return null;
      case 'question':
        return this.ask(request.question);
    }
  }

  private load(columns: Columns): void {
    this.columns = columns;
    this.self = selfTimes(columns);
    this.attributes.clear();
    this.found = new Uint8Array(0);
    this.flameKept = null;
    this.duration = 0;
    for (let row = 0; row < columns.count; row++) {
      this.duration = Math.max(this.duration, columns.start[row] + columns.dur[row]);
    }
  }

  private ask(question: Question): Questions[keyof Questions]['answer'] {
    const { columns, self } = this;
    switch (question.kind) {
      case 'statistics': {
        const { first, second, field, descending, limit } = question;
        const groups = statistics(columns, self, this.codes(first), second === '' ? null : this.codes(second));
        const best = sorted(groups, field, descending, this.duration).slice(0, limit);
        for (const group of best) group.parts = sorted(group.parts, field, descending, this.duration).slice(0, limit);
        return { groups: best, total: groups.length, spans: groups.reduce((sum, { count }) => sum + count, 0) };
      }
      case 'table': {
        const { filter, field, descending } = question;
        this.order = tableRows(columns, self, filter, field, descending);
        return { total: this.order.length, spans: columns.count };
      }
      case 'rows':
        return Array.from(this.order.subarray(question.from, question.to), (row) => tableRow(columns, self, row));
      case 'spans':
        return question.rows.filter((row) => row < columns.count).map((row) => tableRow(columns, self, row));
      case 'place':
        return this.order.indexOf(question.row);
      case 'graph': {
        const { root, fns } = this.flame({ weight: 'self', transforms: [] });
        return { ...graphOf(root, question.limit), fns };
      }
      case 'flame': {
        const { root, fns } = this.flame(question);
        return { ...boxesOf(root, question.least, question.window), fns };
      }
    }
  }

  /** The tree of the last question is kept: zooming asks for it again and again. */
  private flame({ weight, transforms }: Pick<FlameQuestion, 'weight' | 'transforms'>): FlameTree {
    const key = JSON.stringify([weight, transforms]);
    if (this.flameKept?.key !== key) {
      const { root, fns } = flameTree(this.columns, this.self, weight, this.found);
      this.flameKept = { key, tree: { root: transforms.reduce(transformed, root), fns } };
    }
    return this.flameKept.tree;
  }

  private codes(grouping: Grouping): Codes {
    const { columns } = this;
    if (grouping === 'service') return { labels: columns.services, of: columns.service };
    if (grouping === 'operation') return { labels: columns.names, of: columns.name };
    const codes = this.attributes.get(grouping.slice('attribute:'.length));
    if (!codes) throw new Error(`the values of ${grouping} are not here`);
    return codes;
  }
}

/** An Arrow stream of `row` and `value` as codes by row. */
export function codesOf(bytes: Uint8Array, count: number): Codes {
  const table = tableFromIPC(bytes);
  const rows = table.getChild('row')?.toArray() as ArrayLike<number> | undefined;
  const values = table.getChild('value');
  if (!rows || !values) throw new Error('the answer has not the agreed columns');
  const labels: string[] = [];
  const codes = new Map<string, number>();
  const of = new Int32Array(count).fill(-1);
  for (let i = 0; i < rows.length; i++) {
    const label = String(values.at(i));
    let code = codes.get(label);
    if (code === undefined) {
      code = labels.push(label) - 1;
      codes.set(label, code);
    }
    if (rows[i] < count) of[rows[i]] = code;
  }
  return { labels, of };
}
