import { fit, pan, zoom } from '../../engine/view.ts';
import type { TraceModel } from './model.ts';

/** A wheel's notch is about 100. */
const ZOOM_PER_WHEEL_PX = 0.002;
/** A drag shorter than this is a click. */
const DRAG_PX = 3;
const LONG_PRESS_MS = 500;

/** What the bars' element tells of where an event was, and what it does with a finger that stays. */
export interface Ground {
  /** CSS pixels from the bars' left and top edge. */
  at(event: MouseEvent): { x: number; y: number };
  longPress(event: PointerEvent): void;
}

/**
 * Wheel, dragging and fingers over the bars: wheel scrolls rows, with Shift or sideways it pans, with Ctrl (a pinch on a
 * touch pad) it zooms; dragging selects a time, with Shift or the middle button it pans; one finger pans, two zoom, one that
 * stays says what is under it; a double click fits. Returns what ends it.
 */
export function watchGestures(host: HTMLElement, model: TraceModel, ground: Ground): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  const fingers = new Fingers(model, ground);
  const dragged = new DraggedTime(host, model, ground);

  const onWheel = (event: WheelEvent) => {
    const view = model.view.peek();
    const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
    if (event.ctrlKey || event.metaKey) {
      const factor = Math.exp(event.deltaY * ZOOM_PER_WHEEL_PX);
      model.setView(zoom(view, factor, Math.max(0, ground.at(event).x), model.duration));
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      model.setView(pan(view, sideways, model.duration));
    } else {
      return;
    }
    event.preventDefault();
  };

  const onDown = (event: PointerEvent) => {
    const pans = event.pointerType === 'touch' || event.button === 1 || (event.button === 0 && event.shiftKey);
    if (pans) {
      fingers.down(event);
      if (event.pointerType === 'touch') return;
      host.setPointerCapture(event.pointerId);
      event.preventDefault();
    } else if (event.button === 0) {
      dragged.down(event);
    }
  };
  const onMove = (event: PointerEvent) => {
    fingers.move(event);
    dragged.move(event);
  };
  const onUp = (event: PointerEvent) => {
    fingers.up(event);
    dragged.up();
  };
  // The click that ends a drag selects nothing.
  const onClick = (event: MouseEvent) => {
    if (!dragged.ended) return;
    dragged.ended = false;
    event.stopPropagation();
    event.preventDefault();
  };
  const onDouble = (event: MouseEvent) => {
    if (ground.at(event).x >= 0) model.setView(fit(model.view.peek(), model.duration));
  };

  host.addEventListener('wheel', onWheel, { passive: false, signal });
  host.addEventListener('pointerdown', onDown, { signal });
  host.addEventListener('pointermove', onMove, { signal });
  host.addEventListener('pointerup', onUp, { signal });
  host.addEventListener('pointercancel', onUp, { signal });
  host.addEventListener('click', onClick, { capture: true, signal });
  host.addEventListener('dblclick', onDouble, { signal });
  return () => {
    fingers.clear();
    ending.abort();
  };
}

/** Fingers, and a mouse that pans. */
class Fingers {
  private readonly places = new Map<number, number>();
  private pressed = 0;

  constructor(
    private readonly model: TraceModel,
    private readonly ground: Ground,
  ) {}

  down(event: PointerEvent): void {
    this.places.set(event.pointerId, this.ground.at(event).x);
    this.clear();
    if (event.pointerType !== 'touch' || this.places.size > 1) return;
    this.pressed = window.setTimeout(() => this.ground.longPress(event), LONG_PRESS_MS);
  }

  move(event: PointerEvent): void {
    const old = this.places.get(event.pointerId);
    if (old === undefined) return;
    const { x } = this.ground.at(event);
    if (Math.abs(x - old) < 1) return;
    this.clear();
    const { model } = this;
    const view = model.view.peek();
    const [other] = [...this.places].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    if (other === undefined) {
      model.setView(pan(view, old - x, model.duration));
    } else if (Math.abs(x - other) > 8) {
      model.setView(zoom(view, Math.abs((old - other) / (x - other)), (x + other) / 2, model.duration));
    }
    this.places.set(event.pointerId, x);
  }

  up(event: PointerEvent): void {
    this.places.delete(event.pointerId);
    this.clear();
  }

  clear(): void {
    window.clearTimeout(this.pressed);
  }
}

/** A time that is being dragged over. */
class DraggedTime {
  /** A drag has just ended: the click that follows belongs to it. */
  ended = false;
  private from: { x: number; y: number } | null = null;
  private far = false;

  constructor(
    private readonly host: HTMLElement,
    private readonly model: TraceModel,
    private readonly ground: Ground,
  ) {}

  down(event: PointerEvent): void {
    const at = this.ground.at(event);
    this.ended = false;
    this.far = false;
    this.from = at.x >= 0 ? at : null;
  }

  move(event: PointerEvent): void {
    const { from, model } = this;
    if (!from || (event.buttons & 1) === 0) return;
    const to = this.ground.at(event);
    if (!this.far && Math.abs(to.x - from.x) <= DRAG_PX) return;
    if (!this.far) this.host.setPointerCapture(event.pointerId);
    this.far = true;
    const view = model.view.peek();
    const time = (x: number) => Math.min(model.duration, Math.max(0, view.t0 + x * view.nsPerPx));
    const last = Math.max(0, model.visible.peek() - 1);
    const line = (y: number) => Math.min(last, Math.max(0, Math.floor(view.scrollRow + y / view.rowPx)));
    model.range.value = {
      from: time(Math.min(from.x, to.x)),
      to: time(Math.max(from.x, to.x)),
      lines: [line(Math.min(from.y, to.y)), line(Math.max(from.y, to.y))],
    };
  }

  up(): void {
    this.ended = this.far;
    if (this.from && !this.far) this.model.range.value = null;
    this.from = null;
  }
}
