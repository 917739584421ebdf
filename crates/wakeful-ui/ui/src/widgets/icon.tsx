const PATHS = {
  logo: 'M2 4h12M4 8h6M7 12h7',
  find: 'M7 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM10 10l4 4',
  system: 'M2 3h12v8H2zM6 14h4M8 11v3',
  light: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v2M8 13v2M1 8h2M13 8h2M3 3l1.4 1.4M11.6 11.6 13 13M13 3l-1.4 1.4M4.4 11.6 3 13',
  dark: 'M13 10A5.5 5.5 0 0 1 6 3a5.5 5.5 0 1 0 7 7z',
  help: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM6 6.2C6 4 10 4 10 6.2 10 8 8 7.6 8 9.4M8 11.6v.2',
  copy: 'M6 6h8v8H6zM4 10H2V2h8v2',
  back: 'M10 3 5 8l5 5',
  live: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
  up: 'M3 10l5-5 5 5',
  down: 'M3 6l5 5 5-5',
  right: 'M6 3l5 5-5 5',
  close: 'M4 4l8 8M12 4l-8 8',
  target: 'M8 3.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM8 1v4M8 11v4M1 8h4M11 8h4',
  unfold: 'M4 6l4 4 4-4M4 13h8',
  fold: 'M4 10l4-4 4 4M4 3h8',
  unfoldAll: 'M4 3l4 4 4-4M4 9l4 4 4-4',
  foldAll: 'M4 7l4-4 4 4M4 13l4-4 4 4',
  download: 'M8 2v8M4.5 7 8 10.5 11.5 7M3 14h10',
  filter: 'M2 3h12L9.5 8.5V13l-3-1.5v-3z',
  hide: 'M2 8s2.5-4 6-4 6 4 6 4-2.5 4-6 4-6-4-6-4zM3 13 13 3',
  warn: 'M8 2.5 1.5 13.5h13zM8 6.5v3M8 11.6v.2',
  arrowUp: 'M8 13V3M4 7l4-4 4 4',
  arrowDown: 'M8 3v10M4 9l4 4 4-4',
  arrowLeft: 'M13 8H3M7 4 3 8l4 4',
  arrowRight: 'M3 8h10M9 4l4 4-4 4',
  ascending: 'M4 9.5 8 5.5l4 4',
  descending: 'M4 6.5l4 4 4-4',
  open: 'M9 2h5v5M14 2 8 8M12 9v5H2V4h5',
} as const;

export type IconName = keyof typeof PATHS;

/** A stroke of 16 × 16 px in the colour of the text; always beside a word or in something that has a name. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}
