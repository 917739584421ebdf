import { batch, signal } from '@preact/signals';
import { ApiError, ask, isAbort, messageOf, pieces } from '../../data/api.ts';
import { type Engine, startEngine } from '../../engine/client.ts';
import type { Facts } from '../../engine/facts.ts';
import type { Fold, Picture, Reply, RowInfo, Step } from '../../engine/protocol.ts';
import { clamp, fit, show, type View, windowEnd } from '../../engine/view.ts';
import workerUrl from '../../engine/worker.ts?worker&url';
import { note, params, step } from '../../shell/router.ts';
import { trustedScript } from '../../shell/trusted.ts';
import { canvasFont, readTokens } from '../../theme/theme.ts';
import { RedrawTimes } from './redraw-times.ts';

export type State = 'loading' | 'partial' | 'complete' | 'missing' | 'error';

type Reached = Pick<Extract<Reply, { kind: 'reached' }>, 'index' | 'start' | 'dur'>;

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
  readonly found = signal({ count: 0, hit: 0 });
  /** Spans were added since the trace was read: rows have other numbers now. */
  readonly outdated = signal(false);
  readonly times = new RedrawTimes();
  /** The name of the trace, once its first row was seen. */
  title = '';

  /** Time of the selected row, on screen or not. */
  selectedSpan = { start: 0, dur: 0 };

  private readonly engine: Engine;
  private readonly abort = new AbortController();
  private seq = 0;
  private inFlight = false;
  private wanted = false;
  /** Selection of the address, until its row is there. */
  private awaited = numberOf(params.peek().get('sel'), -1);
  private windowAwaited = true;
  /** What was reached before there was a window to show it in. */
  private reachAwaited: (() => void) | null = null;

  constructor(readonly id: string) {
    this.engine = startEngine(trustedScript(workerUrl), (reply) => this.receive(reply));
    this.engine.post({ kind: 'init', tokens: readTokens(), font: canvasFont() });
    if (this.query.peek()) this.engine.post({ kind: 'find', query: this.query.peek() });
    void this.load();
  }

  close(): void {
    this.abort.abort();
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

  resize(layout: Pick<View, 'w' | 'h' | 'dpr' | 'rowPx' | 'barTop' | 'barPx' | 'namesAbove'>): void {
    const old = this.view.peek();
    const end = windowEnd(old);
    const next = { ...old, ...layout };
    // What was on screen and is selected stays on screen when the panel takes its place.
    const at = this.selectedInfo()?.index;
    if (at !== undefined) next.scrollRow = Math.max(next.scrollRow, at + 1 - next.h / next.rowPx);
    this.setView(this.windowAwaited ? next : show(next, old.t0, end, this.duration));
    this.openWindow();
  }

  /** Shows another part of the trace; the address follows. */
  setView(view: View): void {
    this.view.value = view;
    this.redraw();
    if (!this.windowAwaited) note((query) => this.writeWindow(query));
  }

  /** The same, as a step that the browser's back button undoes: for zooms that the user drew. */
  commitView(view: View): void {
    this.view.value = view;
    this.redraw();
    step((query) => this.writeWindow(query));
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
    this.noteSelection();
    this.engine.post({ kind: 'select', row });
  }

  step(step: Step): void {
    const { h, rowPx } = this.view.peek();
    const page = Math.max(1, Math.floor(h / rowPx) - 1);
    this.engine.post({ kind: 'step', step, page });
  }

  fold(fold: Fold): void {
    this.engine.post({ kind: 'fold', fold });
  }

  find(query: string): void {
    this.query.value = query;
    this.engine.post({ kind: 'find', query });
    note((address) => (query ? address.set('uiFind', query) : address.delete('uiFind')));
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
    if (picture.rows.length > 0) markOnce('wakeful:first-picture');
    const state = this.state.peek();
    if (state === 'complete' || state === 'partial') markOnce('wakeful:complete');
  }

  private async load(): Promise<void> {
    try {
      const answer = await ask(`trace/${encodeURIComponent(this.id)}`, this.abort.signal);
      for await (const bytes of pieces(answer)) {
        this.bytes.value += bytes.length;
        this.engine.post({ kind: 'batch', bytes });
      }
      this.engine.post({ kind: 'end' });
    } catch (error) {
      if (isAbort(error)) return;
      const missing = error instanceof ApiError && error.status === 404;
      this.error.value = messageOf(error);
      this.state.value = missing ? 'missing' : 'error';
    }
  }

  private receive(reply: Reply): void {
    switch (reply.kind) {
      case 'facts':
        this.facts.value = reply.facts;
        this.openWindow();
        break;
      case 'progress':
        batch(() => {
          this.rows.value = reply.rows;
          this.services.value = reply.services;
        });
        if (this.awaited >= 0 && this.awaited < reply.rows) {
          this.select(this.awaited);
          this.awaited = -1;
        }
        break;
      case 'complete':
        this.complete(reply.rows);
        break;
      case 'picture':
        this.inFlight = false;
        requestAnimationFrame(() => {
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
        this.visible.value = reply.visible;
        this.stayOnRows();
        this.redraw();
        break;
      case 'reached':
        if (reply.select) {
          this.selected.value = reply.row;
          this.selectedSpan = { start: reply.start, dur: reply.dur };
          this.noteSelection();
        }
        this.bringIntoView(reply);
        break;
      case 'found':
        if (reply.query === this.query.peek()) this.found.value = { count: reply.count, hit: reply.hit };
        break;
      case 'fail':
        this.error.value = reply.text;
        this.state.value = 'error';
        break;
    }
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
    if (cut) this.error.value = 'the answer was cut off';
    else this.error.value = facts.message;
    this.state.value = facts.complete && !cut ? 'complete' : 'partial';
    this.redraw();
  }

  /** Once both the width and the trace's length are known. */
  private openWindow(): void {
    if (!this.windowAwaited || !this.facts.peek() || this.view.peek().w < 1) return;
    this.windowAwaited = false;
    this.windowFromAddress();
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
    const span = view.w * view.nsPerPx;
    if (start + dur < view.t0 || start > view.t0 + span) view.t0 = start + dur / 2 - span / 2;
    this.setView(clamp(view, this.duration));
  }

  private writeWindow(query: URLSearchParams): void {
    const { t0, nsPerPx, w } = this.view.peek();
    query.delete('ts');
    query.delete('dur');
    if (t0 <= 0 && t0 + w * nsPerPx >= this.duration) return;
    query.set('ts', String(roundFor(t0, nsPerPx)));
    query.set('dur', String(roundFor(w * nsPerPx, nsPerPx)));
  }

  private noteSelection(): void {
    const row = this.selected.peek();
    note((query) => (row >= 0 ? query.set('sel', String(row)) : query.delete('sel')));
  }
}

function markOnce(name: string): void {
  if (performance.getEntriesByName(name).length === 0) performance.mark(name);
}

function numberOf(text: string | null, otherwise: number): number {
  const value = text === null || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : otherwise;
}

/** As many digits as a tenth of a pixel needs. */
function roundFor(nanos: number, nsPerPx: number): number {
  const unit = 10 ** Math.floor(Math.log10(Math.max(nsPerPx, 0.01) / 10));
  return Number((Math.round(nanos / unit) * unit).toPrecision(15));
}
