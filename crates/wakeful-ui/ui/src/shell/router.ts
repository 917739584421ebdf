import { computed, signal } from '@preact/signals';

/** The page's base path, with a slash at its end. */
const base = new URL(document.baseURI).pathname;

function here(): { path: string; params: URLSearchParams } {
  const { pathname, search } = window.location;
  // The base path may be written without its last slash.
  const inside = `${pathname}/`.startsWith(base) ? pathname.slice(base.length) : pathname.slice(1);
  return { path: `/${inside}`, params: new URLSearchParams(search) };
}

/** Browsers refuse more than about 100 changes of the address in 30 s. */
const NOTE_MS = 250;

const current = signal(here());

/** The path below the base, with a leading slash. */
export const path = computed(() => current.value.path);
export const params = computed(() => current.value.params);

/** Grows with each step through the browser's history; what the address says then wins over what is on screen. */
export const travelled = signal(0);

/** The address of a page below the base. */
export function href(to: string, query?: URLSearchParams): string {
  const search = query?.toString() ?? '';
  return `${base}${to.replace(/^\//, '')}${search ? `?${search}` : ''}`;
}

/** What the history keeps with an address: the page before it, and how many steps back that is. */
interface Step {
  from: string;
  back: number;
}

/** Steps back through the history to where `path` was left, as it was; 0 if one did not come from there. */
export function stepsBackTo(path: string): number {
  const state = history.state as Step | null;
  return state?.from === path ? state.back : 0;
}

/** A step that the browser's back button undoes. */
export function go(to: string, query?: URLSearchParams): void {
  const target = href(to, query);
  if (target !== window.location.pathname + window.location.search) {
    const old = history.state as Step | null;
    const { path: left } = here();
    const stays = target.split('?')[0] === window.location.pathname;
    const state: Step | null = stays ? old && { ...old, back: old.back + 1 } : { from: left, back: 1 };
    history.pushState(state, '', target);
  }
  current.value = here();
}

/** The same page, said differently. */
export function replace(to: string, query?: URLSearchParams): void {
  history.replaceState(history.state, '', href(to, query));
  current.value = here();
}

type Change = (query: URLSearchParams) => void;

let changes: Change[] = [];

/** Writes state that changes often into the address: after a pause, and without a step in the history. */
export function note(change: Change): void {
  if (changes.length === 0) {
    const asked = window.location.pathname;
    window.setTimeout(() => writeChanges(asked), NOTE_MS);
  }
  changes.push(change);
}

/** The same, at once and as a step in the history. */
export function step(change: Change): void {
  const query = new URLSearchParams(window.location.search);
  change(query);
  go(current.peek().path, query);
}

/** What was noted of a page that has gone is dropped with it. */
function writeChanges(asked: string): void {
  const noted = changes;
  changes = [];
  if (window.location.pathname !== asked) return;
  const query = new URLSearchParams(window.location.search);
  for (const change of noted) change(query);
  replace(current.peek().path, query);
}

/** Follows the browser's history and clicks on links below the base. */
export function listen(): void {
  window.addEventListener('popstate', () => {
    // What was noted belongs to the address that was left.
    changes = [];
    current.value = here();
    travelled.value++;
  });
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) {
      return;
    }
    const link = (event.target as Element).closest('a');
    if (!link || link.target || link.hasAttribute('download') || link.origin !== window.location.origin) return;
    if (!link.pathname.startsWith(base) || link.pathname.startsWith(`${base}api/`) || link.hash) return;
    event.preventDefault();
    go(link.pathname.slice(base.length), new URLSearchParams(link.search));
    window.scrollTo(0, 0);
  });
}
