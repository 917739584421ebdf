import { useEffect, useState } from 'preact/hooks';
import { note, params, travelled } from './router.ts';

/** A text of a view that stands in the address; the fallback does not. */
export function useAddress(name: string, fallback: string): [string, (value: string) => void] {
  const [value, setValue] = useState(params.peek().get(name) ?? fallback);
  useEffect(() => {
    if (travelled.value > 0) setValue(params.peek().get(name) ?? fallback);
  }, [travelled.value]);
  const set = (next: string) => {
    setValue(next);
    note((query) => (next === fallback ? query.delete(name) : query.set(name, next)));
  };
  return [value, set];
}

/** A sort as the address has it: `total`, or `-total` from the greatest. */
export function sortOf<F extends string>(text: string, fields: readonly (readonly [F, string])[], otherwise: F): [F, boolean] {
  const wanted = text.replace(/^-/, '');
  const field = fields.find(([name]) => name === wanted)?.[0];
  return [field ?? otherwise, field !== undefined && text.startsWith('-')];
}

export function sortText(field: string, descending: boolean): string {
  return `${descending ? '-' : ''}${field}`;
}
