import { effect, signal } from '@preact/signals';
import { isAbort, messageOf } from '../../data/api.ts';
import type { Lanes } from '../../data/runtime/lane-kinds.ts';
import type { Stretch } from '../../data/runtime/lane-splice.ts';
import { fetchRows, traceOf } from '../../data/trace.ts';
import type { Arrow } from '../../engine/details.ts';
import type { Request } from '../../engine/protocol.ts';
import { clamp, show, windowEnd } from '../../engine/view.ts';
import { note, params } from '../../shell/router.ts';
import type { TraceModel } from './model.ts';

/** Arrows of more wakes than this hide what they point at: only those of the selected item are drawn then. */
const ARROWS_MAX = 200;
/** A pointer may be so far beside an item. */
const REACH_PX = 3;
/** What a closer look shows more of is read when the view has stood still for so long. */
const STILL_MS = 150;
/** On how many pixels a closer look is drawn: three screens. */
const CLOSER_PX = 4_800;

/** The parameter of the address that has the ids of the spans that are open. */
const PARAMETER = 'lanes';
const SPAN_ID = /^[0-9a-f]{16}$/;
const NARROW = '(max-width: 699px)';

/** A span that is opened into its polls; what could not be read says why. */
export type Opened = ReadLanes | { error: string };

/** What knows lanes; it comes with the first span that is opened. */
type LaneKit = typeof import('../../data/runtime/lane-kit.ts');

interface ReadLanes {
  kit: LaneKit;
  /** As they are drawn: the whole span, and more of what was looked at closely. */
  lanes: Lanes;
  /** The whole span alone. */
  whole: Lanes;
  /** What the closest look was at. */
  read: Stretch;
}

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

  private moving = 0;

  constructor(
    private readonly model: TraceModel,
    private readonly post: (request: Request) => void,
  ) {
    // Once all rows are here, for the first time or anew, the address says which are open.
    const end = effect(() => {
      if (model.generation.value > 0) void this.restore();
    });
    const still = effect(() => {
      model.view.value;
      window.clearTimeout(this.moving);
      if (this.all.value.size > 0) this.moving = window.setTimeout(() => this.lookCloser(), STILL_MS);
    });
    model.closing.signal.addEventListener('abort', () => {
      end();
      still();
      window.clearTimeout(this.moving);
    });
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
    this.model.lanesAwaited = this.lanesOf(row) !== null;
    if (covers && (this.lanesOf(row)?.count ?? 0) === 0) this.model.setPanel(true);
    await this.writeAddress();
  }

  private async restore(): Promise<void> {
    const ids = (params.peek().get(PARAMETER) ?? '').split('.').filter((id) => SPAN_ID.test(id));
    if (ids.length === 0) return;
    try {
      const rows = await fetchRows(traceOf(this.model), ids, this.model.closing.signal);
      await Promise.all(rows.map((row) => (row === null || this.all.peek().has(row) ? undefined : this.read(row))));
      this.model.lanesAwaited = true;
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
      const kit = await import('../../data/runtime/lane-kit.ts');
      const px = Math.ceil(this.model.view.peek().w);
      const whole = await kit.fetchSpanLanes(traceOf(this.model), row, { from: '', to: '', px }, this.model.closing.signal);
      if (generation.peek() === before) this.set(row, { kit, lanes: whole, whole, read: { from: 0, to: whole.to - whole.from } });
    } catch (error) {
      if (!isAbort(error)) this.set(row, { error: messageOf(error) });
    }
  }

  /** Reads more of what is on screen, where something was joined because there was no room for it. */
  private lookCloser(): void {
    const view = this.model.view.peek();
    for (const [row, opened] of this.all.peek()) {
      if (!('lanes' in opened)) continue;
      const begin = opened.whole.from + this.shift(opened.whole);
      const closer = opened.kit.finerStretch(opened.lanes, { from: view.t0 - begin, to: windowEnd(view) - begin }, opened.read);
      if (closer) void this.readCloser(row, opened, closer);
    }
  }

  private async readCloser(row: number, opened: ReadLanes, read: Stretch): Promise<void> {
    const { kit } = opened;
    try {
      const range = { ...kit.rangeOf(opened.whole, read), px: CLOSER_PX };
      const finer = await kit.fetchSpanLanes(traceOf(this.model), row, range, this.model.closing.signal);
      // It may have been closed meanwhile, or looked at elsewhere.
      if (this.all.peek().get(row) !== opened) return;
      const lanes = kit.spliced(opened.whole, finer);
      const selected = this.selected.peek();
      if (selected?.row === row) this.selected.value = { row, item: kit.sameItem(opened.lanes, selected.item, lanes) };
      this.set(row, { ...opened, lanes, read });
    } catch {
      // What is there stays; the next move tries again.
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
    return this.readOf(row)?.lanes ?? null;
  }

  /** The items of a lane of a row, `[from, to)`. */
  itemsOf(row: number, lane: number): readonly [from: number, to: number] {
    const opened = this.readOf(row);
    if (!opened) return [0, 0];
    const starts = opened.kit.laneStarts(opened.lanes);
    return [starts[lane], starts[lane + 1]];
  }

  /** An item in words. */
  textOf({ row, item }: LaneItem): string[] {
    const opened = this.readOf(row);
    return opened ? opened.kit.itemText(opened.lanes, item) : [];
  }

  /** What stands in a lane of a row at a time (ns from the trace's start), or -1. */
  itemAt(row: number, lane: number, time: number): number {
    const opened = this.readOf(row);
    if (!opened) return -1;
    return opened.kit.itemAt(opened.lanes, lane, time - this.shift(opened.lanes), REACH_PX * this.model.view.peek().nsPerPx);
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
    const at = this.selected.peek() ?? { row: this.model.selected.peek(), item: -1 };
    const opened = this.readOf(at.row);
    if (!opened) return false;
    const { lanes } = opened;
    if (action === 'fit-selection' && at.item >= 0) {
      this.fit(lanes, at.item);
      return true;
    }
    const next = opened.kit.stepped(lanes, at.item, action);
    if (next === null) return false;
    if (next === 'out') {
      this.select(null);
      // Above the lanes stands their span; what is below them is the next row.
      return action === 'previous';
    }
    if (next >= 0) this.goTo(lanes, { row: at.row, item: next });
    return true;
  }

  /** Selects an item, and brings it on screen. */
  private goTo(lanes: Lanes, at: LaneItem): void {
    this.select(at);
    const view = this.model.view.peek();
    const start = lanes.start[at.item] + this.shift(lanes);
    if (start + lanes.dur[at.item] >= view.t0 && start <= windowEnd(view)) return;
    this.model.setView(clamp({ ...view, t0: start - (view.w * view.nsPerPx) / 2 }, this.model.duration));
  }

  private fit(lanes: Lanes, item: number): void {
    const start = lanes.start[item] + this.shift(lanes);
    const margin = Math.max(lanes.dur[item] * 0.5, 10);
    this.model.setView(show(this.model.view.peek(), start - margin, start + lanes.dur[item] + margin, this.model.duration));
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
    const opened = this.readOf(row);
    const selected = this.selected.peek();
    if (!opened) return;
    const { kit, lanes } = opened;
    this.post({ kind: 'lanes', row, lanes: kit.drawnLanes(lanes, this.shift(lanes), selected?.row === row ? selected.item : -1) });
  }

  private drawArrows(): void {
    const selected = this.selected.peek();
    const arrows: Arrow[] = [];
    for (const [row, opened] of this.all.peek()) {
      if (!('lanes' in opened)) continue;
      const { lanes } = opened;
      const shift = this.shift(lanes);
      const pairs = opened.kit.arrowsOf(lanes);
      const drawn = pairs.length <= ARROWS_MAX ? pairs : pairs.filter((pair) => selected?.row === row && pair.includes(selected.item));
      for (const [wake, poll] of drawn) {
        const source = lanes.source[wake] < lanes.count ? lanes.source[wake] : wake;
        const ends = { fromRow: row, fromLane: lanes.lane[source], toRow: row, toLane: lanes.lane[poll] };
        arrows.push({ ...ends, from: lanes.start[wake] + shift, to: lanes.start[poll] + shift });
      }
    }
    this.post({ kind: 'arrows', arrows });
  }

  private readOf(row: number): ReadLanes | null {
    const opened = this.all.value.get(row);
    return opened && 'lanes' in opened ? opened : null;
  }

  /** From the lanes' times to the trace's. */
  private shift(lanes: Lanes): number {
    return Number(lanes.base - BigInt(this.model.facts.peek()?.base ?? 0)) + lanes.shift;
  }
}
