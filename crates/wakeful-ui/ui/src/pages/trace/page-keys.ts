import { letterKeys } from '../../shell/settings.ts';
import { actionOf, inTextField, type Scope } from '../../shell/keys.ts';
import { go } from '../../shell/router.ts';
import { goToPage } from '../program/keys.ts';
import { VIEWS } from './address.ts';
import type { TraceModel } from './model.ts';
import { perform } from './timeline-keys.ts';

/** The keys that act anywhere on the page, by the view that is on screen. */
export function scopesOf(model: TraceModel): readonly Scope[] {
  return model.viewName.value === 'timeline' ? ['views', 'timeline', 'rows', 'program'] : ['views', 'program'];
}

/** Does an action of the page's keys. Returns whether it is one. */
export function performOnPage(model: TraceModel, action: string): boolean {
  const place = /^view-(\d)$/.exec(action)?.[1];
  if (place) {
    const view = VIEWS[Number(place) - 1];
    if (view) model.show(view[0]);
    return view !== undefined;
  }
  if (goToProgram(model, action)) return true;
  return model.viewName.peek() === 'timeline' && perform(model, action);
}

/** To the pages about the program whose span is opened, if one is; to the span's own task if that is known. */
function goToProgram(model: TraceModel, action: string): boolean {
  const lanes = model.opened.lanesOf(model.selected.peek());
  if (action !== 'to-tasks' || !lanes?.taskId) return goToPage(action, lanes?.program);
  go(`/tasks/${lanes.taskId}`, new URLSearchParams({ program: lanes.program }));
  return true;
}

/** Keys that no widget with the focus took. Returns what ends it. */
export function watchPageKeys(model: TraceModel): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || inTextField(event) || (event.key.length === 1 && !letterKeys.peek())) return;
    if (document.querySelector('dialog[open]')) return;
    // Arrows, Enter and their like belong to what has the focus; letters and digits act everywhere on the page.
    // A first g may be the first of two, which the shell and the rows tell apart.
    if (event.key.length > 1 || event.key === 'g') return;
    const scopes: Scope[] = model.viewName.peek() === 'timeline' ? ['views', 'rows', 'timeline', 'program', 'global'] : ['views', 'program', 'global'];
    const action = actionOf(event, scopes);
    if (action !== null && performOnPage(model, action)) event.preventDefault();
  };
  window.addEventListener('keydown', onKey);
  return () => window.removeEventListener('keydown', onKey);
}
