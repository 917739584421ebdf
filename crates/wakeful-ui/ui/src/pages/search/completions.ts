import { fetchKeys, fetchValues } from '../../data/search.ts';
import { placeIn, writeValue } from '../../data/tags.ts';
import { INTRINSICS, queryPlace } from '../../data/traceql.ts';
import type { Suggestions } from '../../widgets/completion.tsx';
import { operations, services } from './catalog.ts';

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

/** Scopes, intrinsics, keys and values for TraceQL. */
export async function suggestQuery(text: string, caret: number, signal: AbortSignal): Promise<Suggestions | null> {
  const place = queryPlace(text, caret);
  if (!place) return null;
  const { what, from, prefix } = place;
  const begins = (name: string) => name.startsWith(prefix) && name !== prefix;
  switch (what) {
    case 'word':
      return { from, items: [...INTRINSICS, 'span.', 'resource.'].filter(begins) };
    case 'key':
      return { from, items: await fetchKeys(prefix, null, signal) };
    case 'value': {
      const quote = text[from - 1] === '"' ? '' : '"';
      const values = await valuesOf(place.key, prefix, signal);
      return { from, items: values.map((value) => `${quote}${value.replace(/[\\"]/g, '\\$&')}"`) };
    }
  }
}

async function valuesOf(key: string, prefix: string, signal: AbortSignal): Promise<string[]> {
  const begins = (name: string) => name.toLowerCase().startsWith(prefix.toLowerCase());
  if (key === 'service.name') return (services.peek() ?? []).filter(begins);
  if (key === 'name') return [...new Set((operations.peek() ?? []).map(({ name }) => name))].filter(begins);
  if (key === 'status') return ['error', 'ok', 'unset'].filter(begins);
  return fetchValues(key, prefix, null, signal);
}
