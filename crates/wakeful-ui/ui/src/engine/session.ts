import { carried } from './carry.ts';
import { StreamDecoder } from './decode.ts';
import { bandsOf } from './facts.ts';
import { Finder } from './finder.ts';
import { decodeIntervals } from './intervals.ts';
import { movable, Painter, type Surfaces } from './painter.ts';
import { decodePoints } from './points.ts';
import { probe } from './probe.ts';
import type { Fold, Reply, Request } from './protocol.ts';
import { lowerBound, Scene } from './scene.ts';
import { buffersOf, snapshotOf } from './snapshot.ts';
import { tallyOf } from './tally.ts';
import { walk } from './walk.ts';

type Of<K extends Request['kind']> = Extract<Request, { kind: K }>;

/** What is built between redraws is built in pieces: so long may a redraw have to wait for one. */
const SLICE_MS = 8;

/** Rows, and what decodes those that are to come. */
class Arrival {
  readonly scene = new Scene();
  readonly decoder = new StreamDecoder(this.scene.columns);
}

/** One trace in the engine: takes requests, gives replies. Runs in a web worker, or on the page where there is none. */
export class Session {
  private shown = new Arrival();
  /** The trace as it is read again, until all of it is here. */
  private coming: Arrival | null = null;
  private readonly painter: Painter;
  private readonly finder = new Finder();
  private topLine = 0;
  private building = false;

  constructor(
    private readonly surfaces: Surfaces,
    private readonly reply: (reply: Reply, transfer: Transferable[]) => void,
  ) {
    this.painter = new Painter(surfaces);
  }

  /** Never throws: what went wrong is a reply too. */
  handle(request: Request): void {
    try {
      this.dispatch(request);
      this.buildOn();
    } catch (error) {
      this.fail(error);
    }
  }

  private get scene(): Scene {
    return this.shown.scene;
  }

  private dispatch(request: Request): void {
    const { scene, finder, painter } = this;
    if (request.kind !== 'batch' && scene.settle() && finder.query) {
      // New rows may be hits too; the eye stays where it is.
      finder.collect(scene);
      this.send(finder.reply(scene, 1));
    }
    switch (request.kind) {
      case 'init':
      case 'theme':
        painter.dress(request.tokens, request.font);
        this.drawOverview();
        this.changed();
        break;
      case 'restart':
        this.coming = new Arrival();
        break;
      case 'batch':
        this.batch(request.bytes);
        break;
      case 'end':
        this.end();
        break;
      case 'view': {
        this.topLine = Math.floor(request.view.scrollRow);
        const picture = painter.picture(scene, request);
        this.send(picture, movable(picture.image, picture.text, picture.pick.buffer));
        break;
      }
      case 'overview':
        this.drawOverview(request);
        break;
      case 'fold':
        this.fold(request.fold);
        this.changed();
        break;
      case 'look':
        scene.setLook(request.look);
        this.changed();
        break;
      case 'find':
        finder.ask(scene, request.query);
        this.showHits();
        break;
      case 'matches':
        this.match(request);
        break;
      case 'snapshot': {
        const snapshot = snapshotOf(scene.columns);
        this.send({ kind: 'snapshot', snapshot }, buffersOf(snapshot) as ArrayBuffer[]);
        break;
      }
      case 'hits': {
        const rows = finder.rows.slice();
        this.send({ kind: 'hits', rows }, [rows.buffer]);
        break;
      }
      case 'select':
        scene.selected = request.row;
        if (request.row >= 0) this.reach(request.row, true);
        this.changed();
        break;
      case 'step':
        this.step(request);
        break;
      case 'probe':
        this.send(probe(scene, request));
        break;
      case 'export':
        void this.export(request);
        break;
      default:
        this.detail(request);
        this.changed();
    }
  }

  /** What is drawn beside the spans. */
  private detail(request: Of<'intervals' | 'critical' | 'points' | 'lanes' | 'arrows' | 'bands'>): void {
    const { details } = this.scene;
    switch (request.kind) {
      case 'intervals':
        for (const [row, stretches] of decodeIntervals(request.bytes, request.rows)) details.active.set(row, stretches);
        break;
      case 'critical':
        this.critical(request.bytes);
        break;
      case 'points':
        for (const [row, points] of decodePoints(request.bytes)) details.points.set(row, points);
        break;
      case 'lanes':
        if (request.lanes.length > 0) details.lanes.set(request.row, request.lanes);
        else details.lanes.delete(request.row);
        break;
      case 'arrows':
        details.arrows = request.arrows;
        break;
      case 'bands':
        details.bands = request.bands;
        break;
    }
  }

  private critical(bytes: Uint8Array): void {
    const { critical } = this.scene.details;
    let nanos = 0;
    for (const [row, stretches] of decodeIntervals(bytes, [0, 0])) {
      critical.set(row, stretches);
      for (const dur of stretches.dur) nanos += dur;
    }
    this.send({ kind: 'critical', nanos, spans: critical.size });
  }

  private batch(bytes: Uint8Array): void {
    if (this.coming) {
      this.coming.decoder.push(bytes);
      return;
    }
    const { scene, decoder } = this.shown;
    const known = decoder.facts !== null;
    const grew = decoder.push(bytes);
    if (!known && decoder.facts) {
      scene.duration = decoder.facts.durationNanos;
      scene.columns.reserve(decoder.facts.spans);
      scene.details.bands = bandsOf(decoder.facts);
      this.send({ kind: 'facts', facts: decoder.facts });
    }
    if (!grew) return;
    scene.colour();
    this.progress();
    // The overview shows all rows, so while they arrive it is drawn at each doubling alone.
    if (scene.columns.count >= 2 * this.painter.overviewRows) this.drawOverview();
    this.changed();
  }

  private progress(): void {
    const { columns, slots } = this.scene;
    const services = columns.services
      .map((name, code) => ({ name, slot: slots[code] }))
      .filter(({ name }) => name !== '');
    this.send({ kind: 'progress', rows: columns.count, services });
  }

  private end(): void {
    if (this.coming) this.replace(this.coming);
    const { scene } = this;
    this.drawOverview();
    this.send({ kind: 'complete', rows: scene.columns.count, tally: tallyOf(scene.columns) });
    this.changed();
  }

  /** What was read again takes the place of what is there; what is on screen stays where it is. */
  private replace(coming: Arrival): void {
    const { scene: old, decoder: before } = this.shown;
    const { scene, decoder } = coming;
    this.coming = null;
    // Cut off before the first row: what is there is better than nothing.
    if (!decoder.facts || scene.columns.count === 0) return;
    const nanos = Number(BigInt(before.facts?.base ?? 0) - BigInt(decoder.facts.base));
    scene.inherit(old, decoder.facts.durationNanos);
    scene.details.bands = bandsOf(decoder.facts);
    const rowOf = carried(old.columns, scene.columns, nanos);
    scene.tree.inherit(old.tree, rowOf);
    scene.selected = old.selected < 0 ? -1 : (rowOf[old.selected] ?? -1);
    const top = old.rowAt(this.topLine);
    const lines = top >= 0 && rowOf[top] >= 0 ? scene.lineOf(rowOf[top]) - old.lineOf(top) : 0;
    this.shown = coming;
    this.finder.forget();
    if (this.finder.query) this.finder.collect(scene);
    this.send({ kind: 'facts', facts: decoder.facts });
    this.progress();
    this.send({ kind: 'replaced', lines, nanos, selected: scene.selected });
    if (this.finder.query) this.send(this.finder.reply(scene, this.finder.placeFrom(scene.selected)));
  }

  private drawOverview(size: Of<'overview'> | null = null): void {
    const overview = this.painter.overview(this.scene, size);
    if (overview) this.send(overview, movable(overview.image));
  }

  private fold(fold: Fold): void {
    const { tree } = this.scene;
    if (fold.what === 'row') tree.set(fold.row, fold.open);
    else if (fold.what === 'run') tree.closeRun(fold.row);
    else if (fold.what === 'subtree') tree.setSubtree(fold.row, fold.open);
    else if (fold.what === 'all') tree.setAll(fold.open);
    else tree.step(fold.by);
  }

  /** The server looks into attributes too, and answers later: the eye moves only if nothing was found before. */
  private match({ query, bytes }: Of<'matches'>): void {
    const { scene, finder } = this;
    const first = finder.rows.length === 0;
    if (!finder.answer(scene, query, bytes)) return;
    if (first) return this.showHits();
    scene.tree.reveal(finder.rows);
    this.send(finder.reply(scene, finder.placeFrom(scene.selected)));
    this.changed();
  }

  /** Unfolds the hits and goes to the first from the selection on. */
  private showHits(): void {
    const { scene, finder } = this;
    const place = finder.placeFrom(scene.selected);
    scene.tree.reveal(finder.rows);
    this.send(finder.reply(scene, place));
    this.changed();
    if (place > 0) this.reach(finder.rows[place - 1], false);
  }

  private step({ step, page }: Of<'step'>): void {
    const { scene, finder } = this;
    const from = scene.selected;
    const folds = scene.look.layout === 'tree' && (step === 'in' || step === 'out');
    if (from >= 0 && folds && this.foldBy(from, step)) {
      this.changed();
      return;
    }
    const row = walk(scene, finder.rows, step, from, page);
    if (row < 0) return;
    scene.selected = row;
    this.reach(row, true);
    if (step.endsWith('-hit')) this.send(finder.reply(scene, lowerBound(finder.rows, row) + 1));
    this.changed();
  }

  /** Arrow keys fold before they go anywhere: a row first, then the run around it. Returns whether they did. */
  private foldBy(row: number, step: 'in' | 'out'): boolean {
    const { tree } = this.scene;
    if (tree.canFold(row) && tree.isOpen(row) === (step === 'out')) {
      tree.set(row, step === 'in');
      this.send({ kind: 'folded', fold: { what: 'row', row, open: step === 'in' } });
      return true;
    }
    const first = step === 'out' && !tree.standsForRun(row) ? tree.closeRun(row) : -1;
    if (first < 0) return false;
    this.send({ kind: 'folded', fold: { what: 'run', row: first } });
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

  private async export({ seq, order }: Of<'export'>): Promise<void> {
    const { bars } = this.surfaces;
    const { theme } = this.painter;
    try {
      if (order.format === 'png') {
        const { exportPng } = await import('./export-png.ts');
        const file = await exportPng(this.scene, theme, order, bars, bars.make(1, 1));
        this.send({ kind: 'exported', seq, file, problem: '' });
        return;
      }
      const { exportSvg } = await import('./export-svg.ts');
      const svg = exportSvg(this.scene, theme, order, bars.font, (text) => bars.measure(text, 1));
      const file = 'text' in svg ? new Blob([svg.text], { type: 'image/svg+xml' }) : null;
      this.send({ kind: 'exported', seq, file, problem: 'problem' in svg ? svg.problem : '' });
    } catch (error) {
      this.send({ kind: 'exported', seq, file: null, problem: textOf(error) });
    }
  }

  /** Between redraws, what makes later ones quicker is built piece by piece. */
  private buildOn(): void {
    if (this.building || !this.scene.wantsMipmap) return;
    this.building = true;
    setTimeout(() => {
      this.building = false;
      try {
        if (this.scene.wantsMipmap) this.scene.mipmap.advance(SLICE_MS);
        this.buildOn();
      } catch (error) {
        this.fail(error);
      }
    });
  }

  private changed(): void {
    this.send({ kind: 'changed', visible: this.scene.lines, total: this.scene.columns.count });
  }

  private fail(error: unknown): void {
    this.send({ kind: 'fail', text: textOf(error) });
  }

  private send(reply: Reply, transfer: Transferable[] = []): void {
    this.reply(reply, transfer);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
