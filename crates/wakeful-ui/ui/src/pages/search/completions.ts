import { fetchKeys, fetchValues } from '../../data/search.ts';
import { placeIn, writeValue } from '../../data/tags.ts';
import { FIELDS, literal, queryPlace, quoted, WORDS } from '../../data/traceql.ts';
import type { Suggestions } from '../../widgets/completion.tsx';
import { loadOperations, loadServices, operations, services } from './catalog.ts';

/** Keys and values for logfmt; a key is completed together with its sign. */
export async function suggestTags(
  text: string,
  caret: number,
  service: string | null,
  signal: AbortSignal,
): Promise<Suggestions | null> {
  const place = placeIn(text, caret);
  if (!place) return null;
  const { from, prefix, key } = place;
  if (key === undefined) return { from, items: (await fetchKeys(prefix, service, signal)).map((name) => `${name}=`) };
  return { from, items: (await fetchValues(key, prefix, service, signal)).map(writeValue) };
}

/** What a condition begins with, keys and values for TraceQL. */
export async function suggestQuery(text: string, caret: number, signal: AbortSignal): Promise<Suggestions | null> {
  const place = queryPlace(text, caret);
  if (!place) return null;
  const { what, from, prefix } = place;
  const begins = (name: string) => name.startsWith(prefix) && name !== prefix;
  switch (what) {
    case 'word':
      return { from, items: FIELDS.filter(begins) };
    case 'key':
      return { from, items: await fetchKeys(prefix, null, signal) };
    case 'value': {
      const words = WORDS[place.key];
      if (words) return { from, items: words.filter(begins) };
      const inQuotes = text[from - 1] === '"';
      const values = await valuesOf(place.key, prefix, signal);
      return { from, items: values.map((value) => (inQuotes ? quoted(value).slice(1) : literal(value))) };
    }
  }
}

async function valuesOf(key: string, prefix: string, signal: AbortSignal): Promise<string[]> {
  const begins = (name: string) => name.toLowerCase().startsWith(prefix.toLowerCase());
  // The search has them already; other pages have not.
  if (key === 'service.name') {
    if (services.peek() === null) await loadServices();
    return (services.peek() ?? []).filter(begins);
  }
  if (key === 'name') {
    if (operations.peek() === null) await loadOperations(null);
    return [...new Set((operations.peek() ?? []).map(({ name }) => name))].filter(begins);
  }
  return fetchValues(key, prefix, null, signal);
}
