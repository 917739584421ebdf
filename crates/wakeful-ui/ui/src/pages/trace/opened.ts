import { effect, signal } from '@preact/signals';
import { isAbort, messageOf } from '../../data/api.ts';
import { alongArrow, arrowsOf, drawnLanes, itemAt, laneStarts } from '../../data/runtime/lane-items.ts';
import type { Lanes } from '../../data/runtime/lane-kinds.ts';
import { fetchRows, traceOf } from '../../data/trace.ts';
import type { Arrow } from '../../engine/details.ts';
import type { Request } from '../../engine/protocol.ts';
import { note, params } from '../../shell/router.ts';
import type { TraceModel } from './model.ts';

/** Arrows of more wakes than this hide what they point at: only those of the selected item are drawn then. */
const ARROWS_MAX = 200;
/** A pointer may be so far beside an item. */
const REACH_PX = 3;

/** The parameter of the address that has the ids of the spans that are open. */
const PARAMETER = 'lanes';
const SPAN_ID = /^[0-9a-f]{16}$/;
const NARROW = '(max-width: 699px)';

/** A span that is opened into its polls; what could not be read says why. */
export type Opened = { lanes: Lanes } | { error: string };

/** Something in a lane below a row. */
export interface LaneItem {
  row: number;
  item: number;
}

/** The spans of a trace that are opened into lanes below their rows. */
export class OpenedSpans {
  readonly all = signal<ReadonlyMap<number, Opened>>(new Map());
  /** What is selected in a lane, or null. */
  readonly selected = signal<LaneItem | null>(null);
  /** Grows whenever a span is opened: the details then tell of its polls. */
  readonly asked = signal(0);

  constructor(
    private readonly model: TraceModel,
    private readonly post: (request: Request) => void,
  ) {
    // Once all rows are here, for the first time or anew, the address says which are open.
    const end = effect(() => {
      if (model.generation.value > 0) void this.restore();
    });
    model.closing.signal.addEventListener('abort', end);
  }

  /** Opens a span's row, or closes it. */
  toggle(row: number): void {
    if (row < 0) return;
    if (this.all.peek().has(row)) this.close(row);
    else void this.open(row);
  }

  async open(row: number): Promise<void> {
    this.asked.value++;
    // Where the details cover the page they would cover the lanes; without lanes they say why there are none.
    const covers = matchMedia(NARROW).matches;
    if (!covers) this.model.setPanel(true);
    if (this.all.peek().has(row)) return;
    await this.read(row);
    if (covers && (this.lanesOf(row)?.count ?? 0) === 0) this.model.setPanel(true);
    await this.writeAddress();
  }

  private async restore(): Promise<void> {
    const ids = (params.peek().get(PARAMETER) ?? '').split('.').filter((id) => SPAN_ID.test(id));
    if (ids.length === 0) return;
    try {
      const rows = await fetchRows(traceOf(this.model), ids, this.model.closing.signal);
      await Promise.all(rows.map((row) => (row === null || this.all.peek().has(row) ? undefined : this.read(row))));
    } catch {
      // Without an answer they stay closed, and the address as it is.
    }
  }

  /** Says in the address which spans are open. */
  private async writeAddress(): Promise<void> {
    try {
      const ids = await Promise.all([...this.all.peek().keys()].map((row) => this.model.address.idOf(row)));
      note((query) => (ids.length > 0 ? query.set(PARAMETER, ids.join('.')) : query.delete(PARAMETER)));
    } catch {
      // The address stays as it was; the next change tries again.
    }
  }

  private async read(row: number): Promise<void> {
    const { generation } = this.model;
    const before = generation.peek();
    try {
      // The reader of lanes comes with the first span that is opened.
      const { fetchSpanLanes } = await import('../../data/runtime/lanes.ts');
      const lanes = await fetchSpanLanes(traceOf(this.model), row, Math.ceil(this.model.view.peek().w), this.model.closing.signal);
      if (generation.peek() === before) this.set(row, { lanes });
    } catch (error) {
      if (!isAbort(error)) this.set(row, { error: messageOf(error) });
    }
  }

  /** Rows have other numbers now: the engine has dropped their lanes too. */
  forget(): void {
    this.all.value = new Map();
    this.selected.value = null;
  }

  /** Lines on screen that are lanes, not spans. */
  get lines(): number {
    let lines = 0;
    for (const opened of this.all.value.values()) if ('lanes' in opened) lines += opened.lanes.heads.length;
    return lines;
  }

  lanesOf(row: number): Lanes | null {
    const opened = this.all.value.get(row);
    return opened && 'lanes' in opened ? opened.lanes : null;
  }

  /** What stands in a lane of a row at a time (ns from the trace's start), or -1. */
  itemAt(row: number, lane: number, time: number): number {
    const lanes = this.lanesOf(row);
    return lanes ? itemAt(lanes, lane, time - this.shift(lanes), REACH_PX * this.model.view.peek().nsPerPx) : -1;
  }

  select(next: LaneItem | null): void {
    const before = this.selected.peek();
    this.selected.value = next;
    for (const row of new Set([before?.row, next?.row])) if (row !== undefined) this.draw(row);
    this.drawArrows();
  }

  /** Does what a key asks of lanes; returns whether it is one, and there is something to do it to. */
  perform(action: string): boolean {
    if (action === 'lanes') {
      this.toggle(this.model.selected.peek());
      return true;
    }
    const at = this.selected.peek();
    const lanes = at && this.lanesOf(at.row);
    if (!at || !lanes) return false;
    const next = neighbour(lanes, at.item, action);
    if (next === null) return false;
    if (next >= 0) this.select({ row: at.row, item: next });
    return true;
  }

  private close(row: number): void {
    const rest = new Map(this.all.peek());
    rest.delete(row);
    this.all.value = rest;
    if (this.selected.peek()?.row === row) this.selected.value = null;
    this.post({ kind: 'lanes', row, lanes: [] });
    this.drawArrows();
    void this.writeAddress();
  }

  private set(row: number, opened: Opened): void {
    this.all.value = new Map(this.all.peek()).set(row, opened);
    this.draw(row);
    this.drawArrows();
  }

  private draw(row: number): void {
    const lanes = this.lanesOf(row);
    const selected = this.selected.peek();
    if (!lanes) return;
    this.post({ kind: 'lanes', row, lanes: drawnLanes(lanes, this.shift(lanes), selected?.row === row ? selected.item : -1) });
  }

  private drawArrows(): void {
    const selected = this.selected.peek();
    const arrows: Arrow[] = [];
    for (const [row, opened] of this.all.peek()) {
      if (!('lanes' in opened)) continue;
      const { lanes } = opened;
      const shift = this.shift(lanes);
      const pairs = arrowsOf(lanes);
      const drawn = pairs.length <= ARROWS_MAX ? pairs : pairs.filter((pair) => selected?.row === row && pair.includes(selected.item));
      for (const [wake, poll] of drawn) {
        const source = lanes.source[wake] < lanes.count ? lanes.source[wake] : wake;
        const ends = { fromRow: row, fromLane: lanes.lane[source], toRow: row, toLane: lanes.lane[poll] };
        arrows.push({ ...ends, from: lanes.start[wake] + shift, to: lanes.start[poll] + shift });
      }
    }
    this.post({ kind: 'arrows', arrows });
  }

  /** From the lanes' times to the trace's. */
  private shift(lanes: Lanes): number {
    return Number(lanes.base - BigInt(this.model.facts.peek()?.base ?? 0)) + lanes.shift;
  }
}

/** Where a key leads from an item: -1 for nowhere, null if it is none of these keys. */
export function neighbour(lanes: Lanes, item: number, action: string): number | null {
  switch (action) {
    case 'link-back':
      return alongArrow(lanes, item, 'back');
    case 'link-on':
      return alongArrow(lanes, item, 'on');
    case 'next-sibling':
    case 'previous-sibling': {
      const starts = laneStarts(lanes);
      const lane = lanes.lane[item];
      const next = item + (action === 'next-sibling' ? 1 : -1);
      return next >= starts[lane] && next < starts[lane + 1] ? next : -1;
    }
    default:
      return null;
  }
}
