import { signal } from '@preact/signals';

/** What lies over the page: at most one of these. */
export const helpOpen = signal(false);

/** What the palette begins with when it opens; null while it is closed. */
export const paletteOpen = signal<string | null>(null);

/** Whether the lookup is unfolded, where the header has no room for it. */
export const lookupOpen = signal(false);
