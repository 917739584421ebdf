import { findRows, type Hits } from './find.ts';
import { decodeMatches, joined, type Matches } from './hits.ts';
import type { Reply } from './protocol.ts';
import { lowerBound, type Scene } from './scene.ts';

/** What is sought, and the rows that have it: names as soon as they are here, the rest when the server has answered. */
export class Finder {
  query = '';
  private hits: Hits | null = null;
  /** The hits before, whose memory the next ones take. */
  private old: Hits | null = null;
  private matches: Matches | null = null;

  /** Rows that were found, ascending. */
  get rows(): Uint32Array<ArrayBuffer> {
    return this.hits?.rows ?? new Uint32Array(0);
  }

  ask(scene: Scene, query: string): void {
    this.query = query;
    this.matches = null;
    this.collect(scene);
  }

  /** Takes the server's answer, if it is to what is sought now. */
  answer(scene: Scene, query: string, bytes: Uint8Array): boolean {
    if (query !== this.query) return false;
    this.matches = decodeMatches(bytes);
    this.collect(scene);
    return true;
  }

  /** The trace was read again: what the server said was of other rows. */
  forget(): void {
    this.matches = null;
  }

  collect(scene: Scene): void {
    const { columns } = scene;
    const names = findRows(columns, this.query, this.old);
    this.hits = this.matches ? joined(names, this.matches.rows, columns.count) : names;
    this.old = this.hits ?? this.old;
    scene.hits = this.hits?.mask ?? null;
    scene.marked();
  }

  /** The place of the first hit from a row on, or the first of all; counted from 1, 0 if there is none. */
  placeFrom(row: number): number {
    const at = lowerBound(this.rows, Math.max(0, row));
    return this.rows.length === 0 ? 0 : (at % this.rows.length) + 1;
  }

  /** `hit` counts from 1. */
  reply({ columns: { start, dur } }: Scene, hit: number): Extract<Reply, { kind: 'found' }> {
    let from = Number.POSITIVE_INFINITY;
    let to = 0;
    const { rows } = this;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (start[row] < from) from = start[row];
      if (start[row] + dur[row] > to) to = start[row] + dur[row];
    }
    return {
      kind: 'found',
      count: this.rows.length,
      hit: Math.min(hit, this.rows.length),
      query: this.query,
      from: Math.min(from, to),
      to,
      span: this.matches?.span ?? -1,
    };
  }
}
