import { StreamDecoder } from './decode.ts';
import { draw } from './draw.ts';
import { linesOnScreen, pictureSize } from './extent.ts';
import { findRows, type Hits } from './find.ts';
import { decodeMatches, joined, type Matches } from './hits.ts';
import { placeLabels } from './labels.ts';
import { drawOverview } from './overview.ts';
import { infoOf } from './info.ts';
import type { Fold, Reply, Request, RowInfo } from './protocol.ts';
import { lowerBound, Scene } from './scene.ts';
import { buffersOf, snapshotOf } from './snapshot.ts';
import type { Surface } from './surface.ts';
import { tallyOf } from './tally.ts';
import { type Theme, themeOf } from './theme.ts';
import type { View } from './view.ts';
import { walk } from './walk.ts';

type Of<K extends Request['kind']> = Extract<Request, { kind: K }>;

/** Above so many pixels the raster is scaled down: a redraw must stay short on the largest screen. */
const RASTER_MAX = 4_000_000;

/** One trace in the engine: takes requests, gives replies. Runs in a web worker, or on the page where there is none. */
export class Session {
  private readonly scene = new Scene();
  private readonly decoder = new StreamDecoder(this.scene.columns);
  private theme: Theme = themeOf({});
  private hits: Hits | null = null;
  private query = '';
  /** What the server found for the query, once it has answered. */
  private matches: Matches | null = null;
  private overview: Of<'overview'> | null = null;
  private overviewRows = 0;

  constructor(
    private readonly surface: Surface,
    private readonly overviewSurface: Surface,
    private readonly reply: (reply: Reply, transfer: Transferable[]) => void,
  ) {}

  /** Never throws: what went wrong is a reply too. */
  handle(request: Request): void {
    try {
      this.dispatch(request);
    } catch (error) {
      this.send({ kind: 'fail', text: error instanceof Error ? error.message : String(error) });
    }
  }

  private dispatch(request: Request): void {
    if (request.kind !== 'batch' && this.scene.settle() && this.query) this.refreshHits();
    switch (request.kind) {
      case 'init':
      case 'theme':
        this.theme = themeOf(request.tokens);
        this.surface.font = request.font;
        this.drawOverview();
        this.changed();
        break;
      case 'batch':
        this.batch(request.bytes);
        break;
      case 'end':
        this.drawOverview();
        this.send({ kind: 'complete', rows: this.scene.columns.count, tally: tallyOf(this.scene.columns) });
        break;
      case 'view':
        this.drawView(request);
        break;
      case 'overview':
        this.overview = request;
        this.drawOverview();
        break;
      case 'fold':
        this.fold(request.fold);
        this.changed();
        break;
      case 'find':
        this.find(request);
        break;
      case 'look':
        this.scene.look = request.look;
        this.scene.leaveOut(request.look.hidden);
        this.changed();
        break;
      case 'matches':
        this.match(request);
        break;
      case 'snapshot':
        this.snapshot();
        break;
      case 'select':
        this.scene.selected = request.row;
        if (request.row >= 0) this.reach(request.row, true);
        this.changed();
        break;
      case 'step':
        this.step(request);
        break;
    }
  }

  private batch(bytes: Uint8Array): void {
    const known = this.decoder.facts !== null;
    const grew = this.decoder.push(bytes);
    if (!known && this.decoder.facts) {
      this.scene.duration = this.decoder.facts.durationNanos;
      this.send({ kind: 'facts', facts: this.decoder.facts });
    }
    if (!grew) return;
    this.scene.colour();
    const { columns, slots } = this.scene;
    const services = columns.services
      .map((name, code) => ({ name, slot: slots[code] }))
      .filter(({ name }) => name !== '');
    this.send({ kind: 'progress', rows: columns.count, services });
    // The overview shows all rows, so while they arrive it is drawn at each doubling alone.
    if (columns.count >= 2 * this.overviewRows) this.drawOverview();
    this.changed();
  }

  private drawView({ seq, view: asked }: Of<'view'>): void {
    const began = performance.now();
    const scale = Math.min(asked.dpr, Math.sqrt(RASTER_MAX / Math.max(1, asked.w * asked.h)));
    const view: View = { ...asked, dpr: scale };
    const { width, height } = pictureSize(view);
    const { scene } = this;
    const [from, to] = linesOnScreen(view, scene.lines);
    const pick = new Uint32Array(Math.max(0, to - from) * Math.ceil(view.w));
    draw(scene, view, this.theme, this.surface.begin(width, height), pick);
    const measure = (text: string) => this.surface.measure(text, scale);
    const labels = placeLabels(scene, view, this.theme, pick, measure);
    const image = this.surface.end(labels, scale);
    const rows: RowInfo[] = [];
    for (let line = from; line < to; line++) rows.push(infoOf(scene, line, view));
    this.send(
      {
        kind: 'picture',
        seq,
        view: asked,
        image,
        pick,
        rows,
        visible: scene.lines,
        layout: scene.look.layout,
        total: this.scene.columns.count,
        took: performance.now() - began,
      },
      image instanceof ImageBitmap ? [image, pick.buffer] : [],
    );
  }

  private drawOverview(): void {
    if (!this.overview || this.scene.columns.count === 0) return;
    const { w, h, dpr } = this.overview;
    const width = Math.max(1, Math.round(w * dpr));
    const height = Math.max(1, Math.round(h * dpr));
    drawOverview(this.scene, this.theme, width, height, this.overviewSurface.begin(width, height));
    const image = this.overviewSurface.end([], dpr);
    this.overviewRows = this.scene.columns.count;
    this.send({ kind: 'overview', image }, image instanceof ImageBitmap ? [image] : []);
  }

  private fold(fold: Fold): void {
    const { tree } = this.scene;
    if (fold.what === 'row') tree.set(fold.row, fold.open);
    else if (fold.what === 'run') tree.closeRun(fold.row);
    else if (fold.what === 'subtree') tree.setSubtree(fold.row, fold.open);
    else if (fold.what === 'all') tree.setAll(fold.open);
    else tree.step(fold.by);
  }

  /** New rows may be hits too; the eye stays where it is. */
  private refreshHits(): void {
    this.collectHits();
    this.sayFound(1);
  }

  private find({ query }: Of<'find'>): void {
    this.query = query;
    this.matches = null;
    this.collectHits();
    this.showHits();
  }

  /** The server looks into attributes too, and answers later: the eye moves only if nothing was found before. */
  private match({ query, bytes }: Of<'matches'>): void {
    if (query !== this.query) return;
    this.matches = decodeMatches(bytes);
    const first = this.hits === null || this.hits.rows.length === 0;
    this.collectHits();
    if (first) return this.showHits();
    const { rows } = this.hits ?? { rows: new Uint32Array(0) };
    this.scene.tree.reveal(rows);
    this.sayFound(lowerBound(rows, Math.max(0, this.scene.selected)) + 1);
    this.changed();
  }

  private collectHits(): void {
    const { columns } = this.scene;
    const names = findRows(columns, this.query);
    this.hits = this.matches ? joined(names, this.matches.rows, columns.count) : names;
    this.scene.hits = this.hits?.mask ?? null;
  }

  /** Unfolds the hits and goes to the first from the selection on. */
  private showHits(): void {
    const { rows } = this.hits ?? { rows: new Uint32Array(0) };
    if (rows.length === 0) {
      this.sayFound(0);
      this.changed();
      return;
    }
    this.scene.tree.reveal(rows);
    const at = lowerBound(rows, Math.max(0, this.scene.selected));
    const hit = at < rows.length ? at : 0;
    this.sayFound(hit + 1);
    this.changed();
    this.reach(rows[hit], false);
  }

  /** `hit` counts from 1. */
  private sayFound(hit: number): void {
    const { rows } = this.hits ?? { rows: new Uint32Array(0) };
    const { start, dur } = this.scene.columns;
    let from = Number.POSITIVE_INFINITY;
    let to = 0;
    for (const row of rows) {
      from = Math.min(from, start[row]);
      to = Math.max(to, start[row] + dur[row]);
    }
    this.send({
      kind: 'found',
      count: rows.length,
      hit: Math.min(hit, rows.length),
      query: this.query,
      from: Math.min(from, to),
      to,
      span: this.matches?.span ?? -1,
    });
  }

  private snapshot(): void {
    const snapshot = snapshotOf(this.scene.columns);
    this.send({ kind: 'snapshot', snapshot }, buffersOf(snapshot) as ArrayBuffer[]);
  }

  private step({ step, page }: Of<'step'>): void {
    const { selected: from } = this.scene;
    const folds = this.scene.look.layout === 'tree' && (step === 'in' || step === 'out');
    if (from >= 0 && folds && this.foldBy(from, step)) {
      this.changed();
      return;
    }
    const hits = this.hits?.rows ?? new Uint32Array(0);
    const row = walk(this.scene, hits, step, from, page);
    if (row < 0) return;
    this.scene.selected = row;
    this.reach(row, true);
    if (step.endsWith('-hit')) this.sayFound(lowerBound(hits, row) + 1);
    this.changed();
  }

  /** Arrow keys fold before they go anywhere: a row first, then the run around it. Returns whether they did. */
  private foldBy(row: number, step: 'in' | 'out'): boolean {
    const { tree } = this.scene;
    if (tree.canFold(row) && tree.isOpen(row) === (step === 'out')) {
      tree.set(row, step === 'in');
      return true;
    }
    const first = step === 'out' && !tree.standsForRun(row) ? tree.closeRun(row) : -1;
    if (first < 0) return false;
    this.scene.selected = first;
    this.reach(first, true);
    return true;
  }

  /** Says where a row stands, its ancestors unfolded. */
  private reach(row: number, select: boolean): void {
    const { scene } = this;
    const { tree, columns } = scene;
    if (row >= columns.count) return;
    tree.reveal([row]);
    this.send({
      kind: 'reached',
      row,
      index: scene.lineOf(row),
      select,
      start: columns.start[row],
      dur: columns.dur[row],
    });
  }

  private changed(): void {
    this.send({ kind: 'changed', visible: this.scene.lines, total: this.scene.columns.count });
  }

  private send(reply: Reply, transfer: Transferable[] = []): void {
    this.reply(reply, transfer);
  }
}
