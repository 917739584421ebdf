import { batch, signal } from '@preact/signals';
import { ApiError, isAbort, messageOf, pieces } from '../../data/api.ts';
import type { SpanDetails } from '../../data/span.ts';
import { fetchIntervals, fetchPoints, fetchTrace, traceOf } from '../../data/trace.ts';
import { type Engine, startEngine } from '../../engine/client.ts';
import { EVENTS, INTERVALS } from '../../engine/flags.ts';
import type { Facts } from '../../engine/facts.ts';
import { type Fold, type Look, type Picture, PLAIN, type Reply, type RowInfo, type Step } from '../../engine/protocol.ts';
import type { Tally } from '../../engine/tally.ts';
import { clamp, fit, scrolledDown, show, type View, windowEnd } from '../../engine/view.ts';
import workerUrl from '../../engine/worker.ts?chunk';
import { note, params, step } from '../../shell/router.ts';
import { trustedScript } from '../../shell/trusted.ts';
import { canvasFont, readTokens } from '../../theme/theme.ts';
import { embeddingIn, layoutIn, numberOf, setOrDelete, viewIn, type ViewName, writeWindow } from './address.ts';
import { Copies } from './copies.ts';
import { Exporter } from './exporter.ts';
import { CriticalPath } from './critical-path.ts';
import { MarkedTimes } from './marked-times.ts';
import { OpenedSpans } from './opened.ts';
import { markOnce, RedrawTimes } from './redraw-times.ts';
import { RowFeed } from './row-feed.ts';
import { ServerFind } from './server-find.ts';
import { SpanAddress } from './span-address.ts';
import type { MenuPlace } from './span-menu.tsx';
import { allowed, decodeFilter, encodeFilter } from './service-filter.ts';
import type { TimeRange } from './time-range.tsx';
import { ViewHistory } from './view-history.ts';
import { Watch } from './watch.ts';

export type State = 'loading' | 'partial' | 'complete' | 'missing' | 'error';

type Reached = Pick<Extract<Reply, { kind: 'reached' }>, 'index' | 'start' | 'dur'>;

/** Hits of find: `hit` counts from 1; `from` and `to` are the time of all of them. */
interface Found {
  count: number;
  hit: number;
  from: number;
  to: number;
}

const BLANK: View = { t0: 0, nsPerPx: 1, scrollRow: 0, w: 0, h: 0, dpr: 1, rowPx: 24, barTop: 5, barPx: 14, namesAbove: false };

/** The trace page's state: what the engine said, and what the user looks at. One for each trace that is opened. */
export class TraceModel {
  readonly state = signal<State>('loading');
  readonly error = signal('');
  readonly facts = signal<Facts | null>(null);
  readonly services = signal<readonly { name: string; slot: number }[]>([]);
  /** Rows and bytes that have arrived. */
  readonly rows = signal(0);
  readonly bytes = signal(0);
  readonly view = signal<View>(BLANK);
  readonly picture = signal<Picture | null>(null);
  readonly overview = signal<ImageBitmap | HTMLCanvasElement | null>(null);
  readonly visible = signal(0);
  /** A row, or -1. */
  readonly selected = signal(-1);
  readonly panel = signal(params.peek().get('det') !== '0');
  readonly query = signal(params.peek().get('uiFind') ?? '');
  readonly found = signal<Found>({ count: 0, hit: 0, from: 0, to: 0 });
  readonly look = signal<Look>({ ...PLAIN, layout: layoutIn(params.peek()), critical: params.peek().get('cp') === '1' });
  /** Which view of the trace is on screen. */
  readonly viewName = signal<ViewName>(viewIn(params.peek()));
  /** Whether totals and minimap are put away, as a frame around the page may ask. */
  readonly slim = signal(embeddingIn(params.peek()).slim);
  /** What only all rows together tell, once they are here. */
  readonly tally = signal<Tally | null>(null);
  /** The address asks for services of another trace, or of this one as it was before. */
  readonly filterStale = signal(false);
  /** What is known of the selected span, while its details are open. */
  readonly details = signal<SpanDetails | null>(null);
  /** Grows whenever all rows of the trace have been read, anew or for the first time. */
  readonly generation = signal(0);
  /** Spans were added since the trace was read: rows have other numbers now. */
  readonly outdated = signal(false);
  readonly times = new RedrawTimes();
  readonly history = new ViewHistory();
  /** A time that was dragged over, or null. */
  readonly range = signal<TimeRange | null>(null);
  /** Which of the links of a row was chosen, counted from 0 around all of them. */
  readonly link = signal({ row: -1, at: 0 });
  /** Times that were marked. */
  readonly marks = new MarkedTimes(this);
  /** The span whose menu is open, or null. */
  readonly menu = signal<MenuPlace | null>(null);
  /** What stands under the pointer, where the row alone does not tell. */
  readonly probed = signal<Extract<Reply, { kind: 'probed' }> | null>(null);
  readonly exporter = new Exporter((request) => this.engine.post(request));
  readonly copies = new Copies((request) => this.engine.post(request));
  /** The name of the trace, once its first row was seen. */
  title = '';

  /** Lanes were opened: those of the selected row are brought on screen once the engine has counted them. */
  lanesAwaited = false;

  /** Time of the selected row, on screen or not. */
  selectedSpan = { start: 0, dur: 0 };

  /** Aborted when the page goes: what else belongs to this trace ends with it. */
  readonly closing = new AbortController();
  readonly serverFind: ServerFind;
  readonly watch: Watch;
  readonly critical: CriticalPath;
  readonly address = new SpanAddress(this);
  readonly opened = new OpenedSpans(this, (request) => this.engine.post(request));

  private readonly engine: Engine;
  /** What is drawn beside bars, read as they come on screen. */
  private readonly feeds: readonly RowFeed[];
  private abort = new AbortController();
  /** The row that was gone to last and is not on screen yet, and where it stands. */
  private reached = { row: -1, index: 0 };
  private seq = 0;
  private inFlight = false;
  private wanted = false;
  /** The row that the address selects, until it is there. */
  private awaited = -1;
  private cancelled = false;
  private windowAwaited = true;
  /** What was reached before there was a window to show it in. */
  private reachAwaited: (() => void) | null = null;

  /** `raw` shows the spans as they were sent, no clock adjusted; `part` is what is wanted whole of too many. */
  constructor(
    readonly id: string,
    readonly raw: boolean,
    readonly part: string,
  ) {
    this.engine = startEngine(trustedScript(workerUrl), (reply) => this.receive(reply));
    this.serverFind = new ServerFind(this, (query, bytes) => this.engine.post({ kind: 'matches', query, bytes }));
    this.watch = new Watch(this);
    this.critical = new CriticalPath(this, (bytes) => this.engine.post({ kind: 'critical', bytes }));
    this.feeds = [
      new RowFeed(this, {
        flag: INTERVALS,
        fetch: fetchIntervals,
        found: (rows, bytes) => this.engine.post({ kind: 'intervals', rows, bytes }),
      }),
      new RowFeed(this, { flag: EVENTS, fetch: fetchPoints, found: (_, bytes) => this.engine.post({ kind: 'points', bytes }) }),
    ];
    this.engine.post({ kind: 'init', tokens: readTokens(), font: canvasFont() });
    this.engine.post({ kind: 'look', look: this.look.peek() });
    if (this.query.peek()) this.engine.post({ kind: 'find', query: this.query.peek() });
    void this.load();
  }

  close(): void {
    this.closing.abort();
    this.abort.abort();
    this.serverFind.close();
    this.watch.close();
    this.engine.close();
  }

  /** Nanoseconds. */
  get duration(): number {
    return this.facts.peek()?.durationNanos ?? 0;
  }

  /** The selected row, while it is on screen. */
  selectedInfo(): RowInfo | undefined {
    return this.picture.value?.rows.find(({ row }) => row === this.selected.value);
  }

  /** The scroll at which the selected row and its lanes are in a view, if it is known where the row stands. */
  private scrolledToSelected(view: View): number {
    const row = this.selected.peek();
    const index = this.selectedInfo()?.index ?? (this.reached.row === row ? this.reached.index : undefined);
    return index === undefined ? view.scrollRow : scrolledDown(view, index, this.opened.lanesOf(row)?.heads.length ?? 0);
  }

  resize(layout: Pick<View, 'w' | 'h' | 'dpr' | 'rowPx' | 'barTop' | 'barPx' | 'namesAbove'>): void {
    const old = this.view.peek();
    const end = windowEnd(old);
    const next = { ...old, ...layout };
    // What was on screen and is selected stays on screen when the panel takes its place.
    next.scrollRow = this.scrolledToSelected(next);
    this.place(this.windowAwaited ? next : show(next, old.t0, end, this.duration));
    this.openWindow();
  }

  /** Shows another part of the trace; the address follows. */
  setView(view: View): void {
    if (!this.windowAwaited) this.history.note(this.view.peek(), view, performance.now());
    this.place(view);
  }

  /** The same, as a step that the browser's back button undoes: for zooms that the user drew. */
  commitView(view: View): void {
    this.history.step(this.view.peek(), view, performance.now());
    this.view.value = view;
    this.redraw();
    step((query) => writeWindow(query, view, this.duration));
  }

  /** The window that was looked at before, or the one after it. */
  travel(way: 'back' | 'forward'): void {
    const view = this.view.peek();
    const next = way === 'back' ? this.history.back(view) : this.history.forward(view);
    if (next) this.place(clamp(next, this.duration));
  }

  /** Asks what stands on a line at a pixel, where `row` was drawn. */
  probe(row: number, line: number, x: number): void {
    const view = this.picture.peek()?.view;
    if (!view) return;
    const from = view.t0 + x * view.nsPerPx;
    this.engine.post({ kind: 'probe', row, line, from, to: from + view.nsPerPx });
  }

  /** Reads the window from the address, or shows all. */
  windowFromAddress(): void {
    const view = this.view.peek();
    const ts = numberOf(params.peek().get('ts'), 0);
    const dur = numberOf(params.peek().get('dur'), 0);
    this.setView(dur > 0 ? show(view, ts, ts + dur, this.duration) : fit(view, this.duration));
  }

  select(row: number): void {
    this.selected.value = row;
    this.address.write();
    this.engine.post({ kind: 'select', row });
  }

  step(step: Step): void {
    const { h, rowPx } = this.view.peek();
    const page = Math.max(1, Math.floor(h / rowPx) - 1);
    this.engine.post({ kind: 'step', step, page });
  }

  fold(fold: Fold): void {
    this.engine.post({ kind: 'fold', fold });
    this.address.write(fold);
  }

  /** Names are matched at once, the rest by the server once all rows are here. */
  find(query: string): void {
    this.query.value = query;
    this.engine.post({ kind: 'find', query });
    this.serverFind.ask(query);
    note((address) => (query ? address.set('uiFind', query) : address.delete('uiFind')));
  }

  /** The window of time that has all hits. */
  fitHits(): void {
    const { count, from, to } = this.found.peek();
    if (count > 0) this.showSpan(from, to - from);
  }

  /** A span of time with a margin on both sides. */
  showSpan(start: number, dur: number): void {
    const margin = Math.max(dur * 0.1, 1);
    this.commitView(show(this.view.peek(), start - margin, start + dur + margin, this.duration));
  }

  setLook(change: Partial<Look>): void {
    const look = { ...this.look.peek(), ...change };
    this.look.value = look;
    this.engine.post({ kind: 'look', look });
    this.critical.want();
    const filter = encodeFilter(this.serviceNames(), look.hidden);
    note((query) => {
      setOrDelete(query, 'lay', look.layout === 'packed' ? 'packed' : '');
      setOrDelete(query, 'cp', look.critical ? '1' : '');
      setOrDelete(query, 'svcFilter', filter);
    });
  }

  /** Hides services, as far as the roots allow it. */
  hide(services: readonly string[]): void {
    this.filterStale.value = false;
    this.setLook({ hidden: allowed(services, this.tally.peek()?.rootServices ?? []) });
  }

  /** Goes to another view: a step that the browser's back button undoes. */
  show(view: ViewName): void {
    if (view === this.viewName.peek()) return;
    this.viewName.value = view;
    step((query) => setOrDelete(query, 'view', view === 'timeline' ? '' : view));
  }

  /** After a step through the browser's history, what the address says wins over what is on screen. */
  readAddress(): void {
    const address = params.peek();
    this.viewName.value = viewIn(address);
    this.panel.value = address.get('det') !== '0';
    this.marks.readAddress();
    const query = address.get('uiFind') ?? '';
    if (query !== this.query.peek()) {
      this.query.value = query;
      this.engine.post({ kind: 'find', query });
      this.serverFind.ask(query);
    }
    const look: Look = { layout: layoutIn(address), critical: address.get('cp') === '1', hidden: this.hiddenIn() };
    if (JSON.stringify(look) !== JSON.stringify(this.look.peek())) {
      this.look.value = look;
      this.engine.post({ kind: 'look', look });
      this.critical.want();
    }
    void this.selectFromAddress();
    if (this.facts.peek()) this.windowFromAddress();
  }

  setPanel(open: boolean): void {
    this.panel.value = open;
    note((query) => (open ? query.delete('det') : query.set('det', '0')));
  }

  setOverview(w: number, h: number, dpr: number): void {
    this.engine.post({ kind: 'overview', w, h, dpr });
  }

  recolour(): void {
    this.engine.post({ kind: 'theme', tokens: readTokens(), font: canvasFont() });
  }

  /** Asks for a picture of the newest view: one in flight, the newest wins. */
  redraw(): void {
    const view = this.view.peek();
    if (view.w < 1 || view.h < 1) return;
    if (this.inFlight) {
      this.wanted = true;
      return;
    }
    this.inFlight = true;
    this.wanted = false;
    this.engine.post({ kind: 'view', seq: ++this.seq, view });
  }

  /** The picture is on screen. */
  shown(picture: Picture): void {
    this.times.add(picture.took);
    for (const feed of this.feeds) feed.want(picture);
    if (picture.rows.length > 0) markOnce('wakeful:first-picture');
    const state = this.state.peek();
    if (state === 'complete' || state === 'partial') markOnce('wakeful:complete');
  }

  /** Reads the trace again: what is on screen stays until the new rows are all here. */
  reload(): void {
    this.outdated.value = false;
    this.bytes.value = 0;
    this.engine.post({ kind: 'restart' });
    void this.load();
  }

  /** Reads no further: what came stays. */
  cancel(): void {
    this.abort.abort();
    this.cancelled = true;
    this.engine.post({ kind: 'end' });
  }

  private place(view: View): void {
    this.view.value = view;
    this.redraw();
    // As it is when that is written: a step may have gone elsewhere meanwhile.
    if (!this.windowAwaited) note((query) => writeWindow(query, this.view.peek(), this.duration));
  }

  private async load(): Promise<void> {
    this.abort.abort();
    this.abort = new AbortController();
    try {
      const answer = await fetchTrace(traceOf(this), this.abort.signal);
      for await (const bytes of pieces(answer)) {
        this.bytes.value += bytes.length;
        this.engine.post({ kind: 'batch', bytes });
      }
      this.engine.post({ kind: 'end' });
    } catch (error) {
      if (isAbort(error)) return;
      // What is no trace id may be a debug id: the page for what is missing looks for it.
      const missing = error instanceof ApiError && (error.status === 404 || error.parameter === 'traceID');
      this.error.value = messageOf(error);
      this.state.value = missing ? 'missing' : 'error';
    }
  }

  private receive(reply: Reply): void {
    switch (reply.kind) {
      case 'facts':
        this.receiveFacts(reply.facts);
        break;
      case 'progress':
        batch(() => {
          this.rows.value = reply.rows;
          this.services.value = reply.services;
        });
        this.selectAwaited();
        break;
      case 'complete':
        this.tally.value = reply.tally;
        this.complete(reply.rows);
        break;
      case 'folded':
        this.address.write(reply.fold);
        break;
      case 'critical':
        this.critical.sum.value = { nanos: reply.nanos, spans: reply.spans };
        this.redraw();
        break;
      case 'snapshot':
      case 'hits':
        this.copies.receive(reply);
        break;
      case 'picture':
        this.inFlight = false;
        requestAnimationFrame(() => {
          if (reply.rows.some(({ row }) => row === this.reached.row)) this.reached.row = -1;
          batch(() => {
            this.picture.value = reply;
            this.visible.value = reply.visible;
          });
        });
        if (this.wanted) this.redraw();
        break;
      case 'overview':
        this.overview.value = reply.image;
        break;
      case 'changed':
        this.changed(reply.visible);
        break;
      case 'reached':
        if (reply.select) {
          this.selected.value = reply.row;
          this.selectedSpan = { start: reply.start, dur: reply.dur };
          this.address.write();
        }
        this.reached = { row: reply.row, index: reply.index };
        this.bringIntoView(reply);
        break;
      case 'found':
        this.receiveFound(reply);
        break;
      case 'replaced':
        this.replaced(reply);
        break;
      case 'probed':
        this.probed.value = reply;
        break;
      case 'exported':
        this.exporter.receive(reply);
        break;
      case 'fail':
        this.error.value = reply.text;
        this.state.value = 'error';
        break;
    }
  }

  /** There are other rows on screen now. */
  private changed(visible: number): void {
    const hasGrown = visible > this.visible.peek();
    this.visible.value = visible;
    this.stayOnRows();
    if (hasGrown && this.lanesAwaited) {
      this.lanesAwaited = false;
      const view = this.view.peek();
      this.place({ ...view, scrollRow: this.scrolledToSelected(view) });
    }
    this.redraw();
  }

  private receiveFacts(facts: Facts): void {
    const first = this.facts.peek() === null;
    this.facts.value = facts;
    this.openWindow();
    if (first) void this.awaitSelection();
  }

  /** Rows have other numbers now; what is on screen stays there. */
  private replaced({ lines, nanos, selected }: Extract<Reply, { kind: 'replaced' }>): void {
    for (const feed of this.feeds) feed.forget();
    this.address.forget();
    this.opened.forget();
    this.probed.value = null;
    const view = this.view.peek();
    this.place({ ...view, t0: view.t0 + nanos, scrollRow: Math.max(0, view.scrollRow + lines) });
    // What was selected and on screen stays on screen, though rows may have come before it.
    if (selected >= 0 && this.selectedInfo()) this.engine.post({ kind: 'select', row: selected });
    if (this.selected.peek() === selected) return;
    this.selected.value = selected;
    this.address.write();
  }

  private receiveFound(reply: Extract<Reply, { kind: 'found' }>): void {
    if (reply.query !== this.query.peek()) return;
    const { count, hit, from, to } = reply;
    this.found.value = { count, hit, from, to };
    // A span's id, and nothing else, is a link to that span.
    if (reply.span >= 0 && count === 1 && this.selected.peek() !== reply.span) {
      this.select(reply.span);
      this.setPanel(true);
    }
  }

  private serviceNames(): string[] {
    return this.services.peek().map(({ name }) => name);
  }

  /** What the address hides, once all services are known. */
  private hiddenIn(): readonly string[] {
    const parameter = params.peek().get('svcFilter');
    if (!parameter) return [];
    const hidden = decodeFilter(this.serviceNames(), parameter);
    this.filterStale.value = hidden === null;
    return allowed(hidden ?? [], this.tally.peek()?.rootServices ?? []);
  }

  /** Folding may leave fewer rows than were scrolled past. */
  private stayOnRows(): void {
    const view = this.view.peek();
    const last = Math.max(0, this.visible.peek() - view.h / view.rowPx);
    if (view.scrollRow > last) this.view.value = { ...view, scrollRow: last };
  }

  private complete(rows: number): void {
    const facts = this.facts.peek();
    if (!facts) {
      this.error.value = 'the answer was empty';
      this.state.value = 'error';
      return;
    }
    const cut = rows < facts.spans;
    if (cut) this.error.value = this.cancelled ? 'reading was cancelled' : 'the answer was cut off';
    else this.error.value = facts.message;
    this.state.value = facts.complete && !cut ? 'complete' : 'partial';
    this.generation.value++;
    const hidden = this.hiddenIn();
    if (hidden.length > 0) {
      this.look.value = { ...this.look.peek(), hidden };
      this.engine.post({ kind: 'look', look: this.look.peek() });
    }
    if (this.generation.peek() === 1) void this.foldFromAddress();
    if (this.query.peek()) this.serverFind.ask(this.query.peek());
    this.critical.want();
    this.watch.start(facts.rev);
    this.redraw();
  }

  /** Once both the width and the trace's length are known. */
  private openWindow(): void {
    if (!this.windowAwaited || !this.facts.peek() || this.view.peek().w < 1) return;
    this.windowFromAddress();
    this.windowAwaited = false;
    this.reachAwaited?.();
    this.reachAwaited = null;
  }

  /** Scrolls as little as needed, and pans if nothing of the span would be on screen. */
  private bringIntoView({ index, start, dur }: Reached): void {
    if (this.windowAwaited) {
      this.reachAwaited = () => this.bringIntoView({ index, start, dur });
      return;
    }
    const view = { ...this.view.peek() };
    const rows = view.h / view.rowPx;
    if (index < view.scrollRow) view.scrollRow = index;
    else if (index + 1 > view.scrollRow + rows) view.scrollRow = index + 1 - rows;
    if (this.reached.row === this.selected.peek()) view.scrollRow = this.scrolledToSelected(view);
    const span = view.w * view.nsPerPx;
    if (start + dur < view.t0 || start > view.t0 + span) view.t0 = start + dur / 2 - span / 2;
    this.setView(clamp(view, this.duration));
  }

  /** What the address selects is selected as soon as its row is here, unless the user was quicker. */
  private async awaitSelection(): Promise<void> {
    this.awaited = await this.address.selected().catch(() => -1);
    this.selectAwaited();
  }

  private selectAwaited(): void {
    if (this.awaited < 0 || this.awaited >= this.rows.peek()) return;
    if (this.selected.peek() < 0) this.select(this.awaited);
    this.awaited = -1;
  }

  private async selectFromAddress(): Promise<void> {
    const asked = params.peek();
    const row = await this.address.selected().catch(() => -1);
    if (params.peek() !== asked || row === this.selected.peek()) return;
    this.selected.value = row;
    this.engine.post({ kind: 'select', row });
  }

  private async foldFromAddress(): Promise<void> {
    // Without the server nothing is folded, and the rows are all there.
    for (const fold of await this.address.folds().catch(() => [])) this.engine.post({ kind: 'fold', fold });
  }
}
