import { effect, signal } from '@preact/signals';
import { zone, type Zone } from '../data/time.ts';
import { type Preset, preset } from './keys.ts';

const KEY = 'wakeful-settings';

export type Density = 'normal' | 'compact';

/** What this browser keeps of its user's wishes. The theme is kept apart, because it is applied before the first paint. */
interface Settings {
  density: Density;
  zone: Zone;
  preset: Preset;
  letters: boolean;
  /** Widths and choices of columns, by the name of their table. */
  columns: Record<string, unknown>;
}

const kept = stored();

/** How high rows are. */
export const density = signal<Density>(kept.density === 'compact' ? 'compact' : 'normal');

/** Whether keys without a modifier act (WCAG 2.1.4 asks that they can be turned off). */
export const letterKeys = signal(kept.letters !== false);

/** What tables remember of their columns. */
export const columns = signal<Readonly<Record<string, unknown>>>(kept.columns ?? {});

if (kept.zone === 'utc') zone.value = 'utc';
if (kept.preset === 'jaeger') preset.value = 'jaeger';

/** Remembers something of a table's columns; undefined forgets it. */
export function rememberColumns(table: string, what: unknown): void {
  const { [table]: _, ...rest } = columns.peek();
  columns.value = what === undefined ? rest : { ...rest, [table]: what };
}

/** All settings as JSON, for a file or another browser. */
export function exported(): Settings {
  return {
    density: density.value,
    zone: zone.value,
    preset: preset.value,
    letters: letterKeys.value,
    columns: columns.value,
  };
}

/** Everything as it is for who comes for the first time. */
export function resetSettings(): void {
  density.value = 'normal';
  zone.value = 'local';
  preset.value = 'wakeful';
  letterKeys.value = true;
  columns.value = {};
}

/** Applies the settings now and whenever one changes, and keeps them. */
export function keepSettings(): void {
  let first = true;
  effect(() => {
    const text = JSON.stringify(exported());
    if (density.value === 'compact') document.documentElement.dataset.density = 'compact';
    else delete document.documentElement.dataset.density;
    if (first) {
      first = false;
      return;
    }
    try {
      localStorage.setItem(KEY, text);
    } catch {
      // Storage may be forbidden; the choice then lasts as long as the page.
    }
  });
}

function stored(): Partial<Settings> {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return typeof found === 'object' && found !== null ? found : {};
  } catch {
    return {};
  }
}
