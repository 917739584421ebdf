import type { SpanDetails } from '../../data/span.ts';
import { formatCount } from '../../engine/format.ts';
import type { Step } from '../../engine/protocol.ts';
import { fit, pan, show, zoom } from '../../engine/view.ts';
import { status } from '../../shell/commands.ts';
import { letterKeys } from '../../shell/settings.ts';
import { actionOf, inTextField } from '../../shell/keys.ts';
import { zoomToRange } from './time-range.tsx';
import type { TraceModel } from './model.ts';

const ZOOM_STEP = 1.25;
/** Of the width. */
const PAN_STEP = 0.1;
const FAR = 5;

const STEPS: readonly string[] = [
  'next',
  'previous',
  'first',
  'last',
  'page-down',
  'page-up',
  'in',
  'out',
  'next-sibling',
  'previous-sibling',
  'next-error',
  'previous-error',
  'next-hit',
  'previous-hit',
] satisfies readonly Step[];

/** Keys of the rows and of the timeline around them. `pointer` is where the pointer is, from the bars' left edge. */
export function onTimelineKey(model: TraceModel, event: KeyboardEvent, pointer: number | undefined): void {
  if (inTextField(event) || (event.key.length === 1 && !letterKeys.value)) return;
  // Global actions are asked for too, so that the second key of `g s` does not zoom; they are left to the page.
  const action = actionOf(event, model.opened.selected.peek() ? ['lanes', 'rows', 'timeline', 'global'] : ['rows', 'timeline', 'global']);
  if (action === null || !perform(model, action, event.shiftKey ? FAR : 1, pointer)) return;
  event.preventDefault();
  event.stopPropagation();
}

/** Does what a key of the timeline does; `far` is how many times as far. Returns whether it is one. */
export function perform(model: TraceModel, action: string, far = 1, pointer?: number): boolean {
  if (model.opened.perform(action)) return true;
  if (STEPS.includes(action)) {
    model.step(action as Step);
    return true;
  }
  return onRow(model, action) || onLink(model, action) || onLook(model, action) || onWindow(model, action, far, pointer);
}

/** Along the links of the selected span, as far as they stay in this trace; of several, one is chosen first. */
function onLink(model: TraceModel, action: string): boolean {
  const by = { 'next-link': 1, 'previous-link': -1, 'link-on': 0, 'link-back': 0 }[action];
  if (by === undefined) return false;
  const span = model.details.peek();
  if (!span) return true;
  if (by !== 0) {
    model.link.value = { row: model.selected.peek(), at: chosenLink(model) + by };
    status.value = saidOfLink(model, span);
    return true;
  }
  const links = span.links.filter(({ traceId }) => traceId === span.traceId);
  const referencedBy = span.referencedBy ?? [];
  if (action === 'link-on' && links.length > 0) model.find(around(links, chosenLink(model)).spanId);
  else if (action === 'link-back' && referencedBy.length > 0) model.select(around(referencedBy, chosenLink(model)).row);
  return true;
}

/** Which of the selected span's links was chosen. */
function chosenLink(model: TraceModel): number {
  const { row, at } = model.link.peek();
  return row === model.selected.peek() ? at : 0;
}

function around<T>(list: readonly T[], at: number): T {
  return list[((at % list.length) + list.length) % list.length];
}

function saidOfLink(model: TraceModel, { links, referencedBy = [], traceId }: SpanDetails): string {
  const here = links.filter((link) => link.traceId === traceId);
  const said = (ids: readonly { spanId: string }[], way: string) =>
    ids.length === 0 ? '' : `${way} span ${around(ids, chosenLink(model)).spanId}, one of ${formatCount(ids.length)}`;
  return [said(here, ']: to'), said(referencedBy, '[: back to')].filter(Boolean).join(' · ') || 'the span has no links within this trace';
}

function onLook(model: TraceModel, action: string): boolean {
  const { critical, layout } = model.look.peek();
  if (action === 'critical-path') model.setLook({ critical: !critical });
  else if (action === 'layout') model.setLook({ layout: layout === 'tree' ? 'packed' : 'tree' });
  else return false;
  return true;
}

function onRow(model: TraceModel, action: string): boolean {
  const row = model.selected.peek();
  switch (action) {
    case 'open-subtree':
      if (row >= 0) model.fold({ what: 'subtree', row, open: true });
      return true;
    case 'open-level':
    case 'close-level':
      model.fold({ what: 'level', by: action === 'open-level' ? 1 : -1 });
      return true;
    case 'open-all':
    case 'close-all':
      model.fold({ what: 'all', open: action === 'open-all' });
      return true;
    case 'open':
      if (row < 0) model.step('first');
      model.setPanel(true);
      return true;
    case 'mark':
    case 'keep-mark':
      model.marks.toggle(action === 'keep-mark');
      return true;
    case 'menu': {
      const span = model.selectedInfo();
      const view = model.view.peek();
      // Below its row, over the bars' left edge.
      if (span) model.menu.value = { span, x: 24, y: (span.index + 1 - view.scrollRow) * view.rowPx };
      return true;
    }
    case 'details':
      model.setPanel(!model.panel.peek());
      return true;
    default:
      return false;
  }
}

function onWindow(model: TraceModel, action: string, far: number, pointer: number | undefined): boolean {
  const view = model.view.peek();
  const { duration } = model;
  const at = pointer !== undefined && pointer >= 0 ? pointer : view.w / 2;
  switch (action) {
    case 'zoom-in':
      model.setView(zoom(view, ZOOM_STEP ** -far, at, duration));
      return true;
    case 'zoom-out':
      model.setView(zoom(view, ZOOM_STEP ** far, at, duration));
      return true;
    case 'pan-left':
      model.setView(pan(view, -view.w * PAN_STEP * far, duration));
      return true;
    case 'pan-right':
      model.setView(pan(view, view.w * PAN_STEP * far, duration));
      return true;
    case 'fit-all':
      model.setView(fit(view, duration));
      return true;
    case 'view-back':
    case 'view-forward':
      model.travel(action === 'view-back' ? 'back' : 'forward');
      return true;
    case 'fit-selection': {
      const range = model.range.peek();
      if (range) zoomToRange(model, range);
      if (range || model.selected.peek() < 0) return true;
      const { start, dur } = model.selectedSpan;
      const margin = Math.max(dur * 0.1, 1);
      model.setView(show(view, start - margin, start + dur + margin, duration));
      return true;
    }
    default:
      return false;
  }
}
