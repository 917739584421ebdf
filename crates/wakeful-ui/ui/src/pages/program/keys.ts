import { pageCommands } from '../../shell/commands.ts';
import { actionOf, inTextField, type Scope } from '../../shell/keys.ts';
import { go, params } from '../../shell/router.ts';
import { letterKeys } from '../../shell/settings.ts';

/** What the pages about a program say of it in their addresses: it goes along from one to the other. */
const SHARED = ['program', 'at'];

const PAGES: Readonly<Record<string, string>> = { 'to-tasks': '/tasks', 'to-resources': '/resources', 'to-runtime': '/runtime' };

/** The address of another page about the same program at the same time. */
export function sharedQuery(more: Readonly<Record<string, string>> = {}): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of SHARED) {
    const value = params.peek().get(name);
    if (value) query.set(name, value);
  }
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  return query;
}

/** Goes to another page about the program, if the action is one that does. */
export function goToPage(action: string, program = ''): boolean {
  const page = PAGES[action];
  if (page) go(page, program ? new URLSearchParams({ program }) : sharedQuery());
  return page !== undefined;
}

/** Keys that act anywhere on a page about a program, where nothing that has the focus took them. Returns what ends it. */
export function watchProgramKeys(): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || inTextField(event) || !letterKeys.peek() || event.key.length > 1 || event.key === 'g') return;
    if (document.querySelector('dialog[open]')) return;
    // A button that has the focus is pressed by Space.
    if (event.key === ' ' && (event.target as HTMLElement).closest?.('button, a, summary')) return;
    const scopes: Scope[] = ['global', 'program', 'live'];
    const action = actionOf(event, scopes);
    if (action === null) return;
    if (goToPage(action)) event.preventDefault();
    else if (action === 'pause' && pageCommands.peek().keys?.scopes.includes('live')) {
      pageCommands.peek().keys?.perform(action);
      event.preventDefault();
    }
  };
  window.addEventListener('keydown', onKey);
  return () => window.removeEventListener('keydown', onKey);
}
