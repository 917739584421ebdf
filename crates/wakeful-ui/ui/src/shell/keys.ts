import { signal } from '@preact/signals';

/** Where a key acts. Letters never act in text fields. */
export type Scope = 'global' | 'list' | 'plot' | 'views' | 'timeline' | 'rows' | 'lanes' | 'flame' | 'find' | 'program' | 'live';

/** Whose habits the trace timeline follows. */
export type Preset = 'wakeful' | 'jaeger';

export interface KeyRow {
  scope: Scope;
  /** As `keyOf` says them; several do the same. */
  keys: readonly string[];
  action: string;
  /** What the help says. */
  does: string;
}

/**
 * Every key of every page, in one table: handlers look their action up here, and the help shows it. W A S D stand for the
 * places of those keys on a US keyboard, whatever is printed on them.
 */
export const KEYS: readonly KeyRow[] = [
  { scope: 'global', keys: ['?'], action: 'help', does: 'show the keys' },
  { scope: 'global', keys: ['/', 'Mod+b'], action: 'find', does: "go to this page's find or filter" },
  { scope: 'global', keys: ['Mod+k'], action: 'palette', does: 'everything that can be done here' },
  { scope: 'global', keys: ['>'], action: 'palette-actions', does: 'actions alone' },
  { scope: 'global', keys: [':'], action: 'palette-query', does: 'search by TraceQL' },
  { scope: 'global', keys: ['g s'], action: 'go-search', does: 'go to Search' },
  { scope: 'global', keys: ['g t'], action: 'go-tasks', does: 'go to Tasks' },
  { scope: 'global', keys: ['g r'], action: 'go-resources', does: 'go to Resources' },
  { scope: 'global', keys: ['g u'], action: 'go-runtime', does: 'go to Runtime' },
  { scope: 'global', keys: ['y'], action: 'copy-link', does: 'copy a link to this view' },
  { scope: 'global', keys: ['Escape'], action: 'close', does: 'close the top layer, else clear selection, else clear find' },

  { scope: 'list', keys: ['ArrowDown', 'j'], action: 'next', does: 'next' },
  { scope: 'list', keys: ['ArrowUp', 'k'], action: 'previous', does: 'previous' },
  { scope: 'list', keys: ['Home', 'g g'], action: 'first', does: 'first' },
  { scope: 'list', keys: ['End', 'G'], action: 'last', does: 'last' },
  { scope: 'list', keys: ['Enter'], action: 'open', does: 'open' },
  { scope: 'list', keys: ['ArrowRight', 'l'], action: 'sort-next', does: 'next sort' },
  { scope: 'list', keys: ['ArrowLeft', 'h'], action: 'sort-previous', does: 'previous sort' },
  { scope: 'list', keys: ['i'], action: 'sort-invert', does: 'invert the sort' },

  { scope: 'program', keys: ['t'], action: 'to-tasks', does: 'tasks of this program' },
  { scope: 'program', keys: ['r'], action: 'to-resources', does: 'its resources' },
  { scope: 'program', keys: ['u'], action: 'to-runtime', does: 'its runtime' },

  { scope: 'live', keys: [' '], action: 'pause', does: 'pause, or go on' },

  { scope: 'plot', keys: ['ArrowRight', 'ArrowDown'], action: 'next', does: 'next listed trace in time' },
  { scope: 'plot', keys: ['ArrowLeft', 'ArrowUp'], action: 'previous', does: 'previous listed trace in time' },
  { scope: 'plot', keys: ['Home'], action: 'first', does: 'earliest' },
  { scope: 'plot', keys: ['End'], action: 'last', does: 'latest' },
  { scope: 'plot', keys: ['Enter'], action: 'open', does: 'open' },

  { scope: 'views', keys: ['1'], action: 'view-1', does: 'Trace Timeline' },
  { scope: 'views', keys: ['2'], action: 'view-2', does: 'Trace Graph' },
  { scope: 'views', keys: ['3'], action: 'view-3', does: 'Trace Statistics' },
  { scope: 'views', keys: ['4'], action: 'view-4', does: 'Trace Spans Table' },
  { scope: 'views', keys: ['5'], action: 'view-5', does: 'Trace Flamegraph' },
  { scope: 'views', keys: ['6'], action: 'view-6', does: 'Trace Logs' },

  { scope: 'timeline', keys: ['W', 'Shift+W'], action: 'zoom-in', does: 'zoom in; with Shift five times as far' },
  { scope: 'timeline', keys: ['S', 'Shift+S'], action: 'zoom-out', does: 'zoom out' },
  { scope: 'timeline', keys: ['A', 'Shift+A'], action: 'pan-left', does: 'pan to earlier' },
  { scope: 'timeline', keys: ['D', 'Shift+D'], action: 'pan-right', does: 'pan to later' },
  { scope: 'timeline', keys: ['f'], action: 'fit-selection', does: 'fit the selection' },
  { scope: 'timeline', keys: ['0'], action: 'fit-all', does: 'fit all' },
  { scope: 'timeline', keys: ['z'], action: 'view-back', does: 'the window before' },
  { scope: 'timeline', keys: ['Z'], action: 'view-forward', does: 'the window after' },
  { scope: 'timeline', keys: ['c'], action: 'critical-path', does: 'critical path on, off' },
  { scope: 'timeline', keys: ['x'], action: 'lanes', does: 'open the span into lanes, close it' },
  { scope: 'timeline', keys: ['v'], action: 'layout', does: 'tree or packed' },
  { scope: 'timeline', keys: ['q'], action: 'details', does: 'detail panel on, off' },
  { scope: 'timeline', keys: ['n'], action: 'next-hit', does: 'next find hit' },
  { scope: 'timeline', keys: ['N'], action: 'previous-hit', does: 'previous find hit' },
  { scope: 'timeline', keys: ['e'], action: 'next-error', does: 'next error' },
  { scope: 'timeline', keys: ['E'], action: 'previous-error', does: 'previous error' },
  { scope: 'timeline', keys: [']'], action: 'link-on', does: 'to the span that the selected one links to' },
  { scope: 'timeline', keys: ['['], action: 'link-back', does: 'to a span that links to the selected one' },
  { scope: 'timeline', keys: ['}'], action: 'next-link', does: 'the next of several links' },
  { scope: 'timeline', keys: ['{'], action: 'previous-link', does: 'the one before' },
  { scope: 'timeline', keys: ['m'], action: 'mark', does: 'mark the time of the selection, until the next mark' },
  { scope: 'timeline', keys: ['M'], action: 'keep-mark', does: 'mark it and keep the mark; again takes it away' },
  { scope: 'timeline', keys: ['.'], action: 'next-sibling', does: 'next sibling' },
  { scope: 'timeline', keys: [','], action: 'previous-sibling', does: 'previous sibling' },

  { scope: 'rows', keys: ['ArrowDown', 'j'], action: 'next', does: 'next row' },
  { scope: 'rows', keys: ['ArrowUp', 'k'], action: 'previous', does: 'previous row' },
  { scope: 'rows', keys: ['Home', 'g g'], action: 'first', does: 'first row' },
  { scope: 'rows', keys: ['End', 'G'], action: 'last', does: 'last row' },
  { scope: 'rows', keys: ['PageDown'], action: 'page-down', does: 'a page down' },
  { scope: 'rows', keys: ['PageUp'], action: 'page-up', does: 'a page up' },
  { scope: 'rows', keys: ['ArrowRight'], action: 'in', does: 'expand, then first child' },
  { scope: 'rows', keys: ['ArrowLeft'], action: 'out', does: 'collapse, then parent' },
  { scope: 'rows', keys: ['Enter'], action: 'open', does: 'details' },
  { scope: 'rows', keys: ['Shift+F10', 'ContextMenu'], action: 'menu', does: 'menu of the span' },
  { scope: 'rows', keys: ['o'], action: 'open-level', does: 'one level open' },
  { scope: 'rows', keys: ['p'], action: 'close-level', does: 'one level closed' },
  { scope: 'rows', keys: ['O'], action: 'open-all', does: 'all open' },
  { scope: 'rows', keys: ['P'], action: 'close-all', does: 'all closed' },
  { scope: 'rows', keys: ['*'], action: 'open-subtree', does: 'the subtree open' },

  // Once something in a lane is selected, these are asked before the timeline's; what they do not name goes on as there.
  { scope: 'lanes', keys: ['ArrowDown'], action: 'next', does: 'into the lanes of the selected span, then the lane below' },
  { scope: 'lanes', keys: ['ArrowUp'], action: 'previous', does: 'the lane above, then out of them' },
  { scope: 'lanes', keys: ['.'], action: 'next-sibling', does: 'next in the lane' },
  { scope: 'lanes', keys: [','], action: 'previous-sibling', does: 'previous in the lane' },
  { scope: 'lanes', keys: ['['], action: 'link-back', does: 'along the wake, back to what woke' },
  { scope: 'lanes', keys: [']'], action: 'link-on', does: 'along the wake, on to the poll that it led to' },
  { scope: 'lanes', keys: ['n'], action: 'next-hit', does: 'next long poll or long wait for a worker' },
  { scope: 'lanes', keys: ['N'], action: 'previous-hit', does: 'previous long poll or long wait' },
  { scope: 'lanes', keys: ['f'], action: 'fit-selection', does: 'fit what is selected' },

  { scope: 'flame', keys: ['W', 'Shift+W'], action: 'zoom-in', does: 'zoom in; with Shift five times as far' },
  { scope: 'flame', keys: ['S', 'Shift+S'], action: 'zoom-out', does: 'zoom out' },
  { scope: 'flame', keys: ['A', 'Shift+A'], action: 'pan-left', does: 'pan left' },
  { scope: 'flame', keys: ['D', 'Shift+D'], action: 'pan-right', does: 'pan right' },
  { scope: 'flame', keys: ['0'], action: 'fit-all', does: 'show all' },
  { scope: 'flame', keys: ['Z', 'z', 'Enter', '*'], action: 'fit-selection', does: 'show what is chosen on the whole width' },
  { scope: 'flame', keys: ['ArrowUp'], action: 'caller', does: 'caller' },
  { scope: 'flame', keys: ['ArrowDown'], action: 'callee', does: 'widest callee' },
  { scope: 'flame', keys: ['ArrowRight'], action: 'next-sibling', does: 'next in the row' },
  { scope: 'flame', keys: ['ArrowLeft'], action: 'previous-sibling', does: 'previous in the row' },
  { scope: 'flame', keys: ['f'], action: 'focus', does: 'focus the function' },
  { scope: 'flame', keys: ['F'], action: 'focus-subtree', does: 'focus the subtree' },
  { scope: 'flame', keys: ['m'], action: 'merge', does: 'merge the function into its callers' },
  { scope: 'flame', keys: ['M'], action: 'merge-node', does: 'merge this node alone' },
  { scope: 'flame', keys: ['c'], action: 'collapse', does: 'collapse the function' },
  { scope: 'flame', keys: ['C'], action: 'collapse-recursion', does: 'collapse its recursion' },
  { scope: 'flame', keys: ['Delete'], action: 'drop', does: 'drop the function' },
  { scope: 'flame', keys: ['Backspace'], action: 'undo', does: 'undo the last of these' },

  { scope: 'find', keys: ['Enter'], action: 'next-hit', does: 'next hit' },
  { scope: 'find', keys: ['Shift+Enter'], action: 'previous-hit', does: 'previous hit' },
];

/**
 * What the preset Jaeger has in place of the above. Its keys leave whatever they did in the timeline; while a row has the focus the
 * arrows keep their meaning there, because rows are asked first.
 */
const JAEGER: readonly KeyRow[] = [
  { scope: 'timeline', keys: ['W'], action: 'page-up', does: 'a page up' },
  { scope: 'timeline', keys: ['S'], action: 'page-down', does: 'a page down' },
  { scope: 'timeline', keys: ['A', 'Shift+A', 'ArrowLeft', 'Shift+ArrowLeft'], action: 'pan-left', does: 'pan to earlier' },
  { scope: 'timeline', keys: ['D', 'Shift+D', 'ArrowRight', 'Shift+ArrowRight'], action: 'pan-right', does: 'pan to later' },
  { scope: 'timeline', keys: ['ArrowUp', 'Shift+ArrowUp'], action: 'zoom-in', does: 'zoom in; with Shift five times as far' },
  { scope: 'timeline', keys: ['ArrowDown', 'Shift+ArrowDown'], action: 'zoom-out', does: 'zoom out' },
  { scope: 'timeline', keys: ['f'], action: 'next-hit', does: 'next find hit' },
  { scope: 'timeline', keys: ['b'], action: 'previous-hit', does: 'previous find hit' },
  { scope: 'timeline', keys: ['F'], action: 'fit-selection', does: 'fit the selection' },
  { scope: 'timeline', keys: [']'], action: 'close-all', does: 'all closed' },
  { scope: 'timeline', keys: ['['], action: 'open-all', does: 'all open' },
  { scope: 'timeline', keys: ['Alt+]'], action: 'link-on', does: 'to the span that the selected one links to' },
  { scope: 'timeline', keys: ['Alt+['], action: 'link-back', does: 'to a span that links to the selected one' },
];

/** The preset in force. */
export const preset = signal<Preset>('wakeful');

/** The table under a preset. */
export function keysOf(which: Preset): readonly KeyRow[] {
  if (which === 'wakeful') return KEYS;
  const taken = new Set(JAEGER.flatMap(({ keys }) => keys));
  const replaced = new Set(JAEGER.filter(({ action }) => action.startsWith('zoom') || action.startsWith('pan')).map(({ action }) => action));
  const kept = KEYS.map((row) =>
    row.scope === 'timeline' ? { ...row, keys: replaced.has(row.action) ? [] : row.keys.filter((key) => !taken.has(key)) } : row,
  );
  return [...kept.filter(({ keys }) => keys.length > 0), ...JAEGER];
}

const PLACES: Record<string, string> = { KeyW: 'W', KeyA: 'A', KeyS: 'S', KeyD: 'D' };

/** Names by which the table may know a key: by place, then by letter. */
function namesOf(event: KeyboardEvent): string[] {
  if (event.ctrlKey || event.metaKey) return event.altKey || event.shiftKey ? [] : [`Mod+${event.key.toLowerCase()}`];
  if (event.altKey) return [`Alt+${event.key}`];
  const place = PLACES[event.code];
  const names = place ? [event.shiftKey ? `Shift+${place}` : place] : [];
  names.push(event.shiftKey && event.key.length > 1 ? `Shift+${event.key}` : event.key);
  return names;
}

let first = '';
let firstAt = 0;

/**
 * The action of a key in the first of `scopes` that has one; null if none has. Two keys in a row, as `g s`, count when the
 * second follows within a second.
 */
export function actionOf(event: KeyboardEvent, scopes: readonly Scope[]): string | null {
  const names = namesOf(event);
  const pair = event.timeStamp - firstAt < 1000 ? names.map((name) => `${first} ${name}`) : [];
  for (const wanted of [pair, names]) {
    for (const scope of scopes) {
      const row = keysOf(preset.peek()).find((key) => key.scope === scope && key.keys.some((name) => wanted.includes(name)));
      if (row) return row.action;
    }
  }
  return null;
}

/** Remembers a key that may be the first of two. Called once an event, after all handlers. */
export function rememberKey(event: KeyboardEvent): void {
  first = event.key;
  firstAt = event.timeStamp;
}

/** Whether the event belongs to a text field, where letters are text. */
export function inTextField(event: Event): boolean {
  const target = event.target as HTMLElement | null;
  return target?.matches?.('input, textarea, select, [contenteditable]') ?? false;
}
