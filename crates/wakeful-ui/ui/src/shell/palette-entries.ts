import type { PageCommands } from './commands.ts';
import { keysOf, type Preset, type Scope } from './keys.ts';

/** Something that the palette can do. */
export interface Entry {
  name: string;
  group: 'Actions' | 'Pages' | 'Services' | 'Recent traces' | 'Ids' | 'Query';
  keys: readonly string[];
  run: () => void;
}

/** How the palette reads what is typed: `>` for actions alone, `:` for TraceQL. */
export function readInput(text: string): { mode: 'all' | 'actions' | 'query'; words: string } {
  if (text.startsWith('>')) return { mode: 'actions', words: text.slice(1).trim() };
  if (text.startsWith(':')) return { mode: 'query', words: text.slice(1).trim() };
  return { mode: 'all', words: text.trim() };
}

/** Every action that has a key in the scopes of the page, and those that have none. */
export function actionsOf(page: PageCommands, preset: Preset, perform: (action: string) => void): Entry[] {
  const scopes: readonly Scope[] = ['global', ...(page.keys?.scopes ?? [])];
  const rows = keysOf(preset).filter(({ scope, action }) => scopes.includes(scope) && !action.startsWith('palette'));
  const seen = new Set<string>();
  const keyed = rows
    // One action may have keys in several scopes: it is listed with all of them.
    .filter(({ action }) => !seen.has(action) && seen.add(action))
    .map(({ scope, action, does }) => ({
      name: does[0].toUpperCase() + does.slice(1),
      group: 'Actions' as const,
      keys: rows.filter((row) => row.action === action).flatMap((row) => row.keys),
      run: () => (scope === 'global' ? perform(action) : page.keys?.perform(action)),
    }));
  const others = (page.actions ?? []).map(({ name, run }) => ({ name, group: 'Actions' as const, keys: [], run }));
  return [...others, ...keyed];
}

/** Entries that have every word, those that begin with the first one before the others. */
export function matching(entries: readonly Entry[], words: string): Entry[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const named = entries.map((entry) => ({ entry, name: `${entry.name} ${entry.group}`.toLowerCase() }));
  const found = named.filter(({ name }) => wanted.every((word) => name.includes(word)));
  const rank = (name: string) => (wanted.length > 0 && name.startsWith(wanted[0]) ? 0 : 1);
  return found.sort((a, b) => rank(a.name) - rank(b.name)).map(({ entry }) => entry);
}
