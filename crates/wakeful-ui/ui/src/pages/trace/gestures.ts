import { fit, pan, zoom } from '../../engine/view.ts';
import type { TraceModel } from './model.ts';

/** A wheel's notch is about 100. */
const ZOOM_PER_WHEEL_PX = 0.002;

/**
 * Wheel, dragging and fingers over the bars: wheel scrolls rows, with Shift or sideways it pans, with Ctrl (a pinch on a
 * touch pad) it zooms; Shift or the middle button drags; one finger pans, two zoom; a double click fits. `xOf` gives the
 * pixel from the bars' left edge. Returns what ends it.
 */
export function watchGestures(
  host: HTMLElement,
  model: TraceModel,
  xOf: (event: MouseEvent) => number,
): () => void {
  const fingers = new Map<number, number>();
  const ending = new AbortController();
  const { signal } = ending;

  const onWheel = (event: WheelEvent) => {
    const view = model.view.peek();
    const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
    if (event.ctrlKey || event.metaKey) {
      model.setView(zoom(view, Math.exp(event.deltaY * ZOOM_PER_WHEEL_PX), Math.max(0, xOf(event)), model.duration));
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      model.setView(pan(view, sideways, model.duration));
    } else {
      return;
    }
    event.preventDefault();
  };

  const onDown = (event: PointerEvent) => {
    const drags = event.pointerType === 'touch' || event.button === 1 || (event.button === 0 && event.shiftKey);
    if (!drags) return;
    fingers.set(event.pointerId, xOf(event));
    if (event.pointerType !== 'touch') {
      host.setPointerCapture(event.pointerId);
      event.preventDefault();
    }
  };

  const onMove = (event: PointerEvent) => {
    const old = fingers.get(event.pointerId);
    if (old === undefined) return;
    const x = xOf(event);
    const view = model.view.peek();
    const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    if (other === undefined) {
      model.setView(pan(view, old - x, model.duration));
    } else if (Math.abs(x - other) > 8) {
      model.setView(zoom(view, Math.abs((old - other) / (x - other)), (x + other) / 2, model.duration));
    }
    fingers.set(event.pointerId, x);
  };

  const onUp = (event: PointerEvent) => void fingers.delete(event.pointerId);

  const onDouble = (event: MouseEvent) => {
    if (xOf(event) >= 0) model.setView(fit(model.view.peek(), model.duration));
  };

  host.addEventListener('wheel', onWheel, { passive: false, signal });
  host.addEventListener('pointerdown', onDown, { signal });
  host.addEventListener('pointermove', onMove, { signal });
  host.addEventListener('pointerup', onUp, { signal });
  host.addEventListener('pointercancel', onUp, { signal });
  host.addEventListener('dblclick', onDouble, { signal });
  return () => ending.abort();
}
