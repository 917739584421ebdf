import { effect, signal } from '@preact/signals';
import { TOKENS, type Tokens } from '../engine/theme.ts';

export type Choice = 'system' | 'light' | 'dark';

const KEY = 'wakeful-theme';

/** What the user chose. `boot.js` has applied it before the first paint already. */
export const choice = signal<Choice>(stored());

/** Grows by one whenever colours changed, for what has to read them anew. */
export const revision = signal(0);

effect(() => {
  const { dataset } = document.documentElement;
  const theme = embedded() ?? choice.value;
  if (theme === 'system') delete dataset.theme;
  else dataset.theme = theme;
  revision.value = revision.peek() + 1;
});

for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
  matchMedia(query).addEventListener('change', () => {
    revision.value++;
  });
}

export function choose(next: Choice): void {
  choice.value = next;
  try {
    if (next === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

/** The engine's colours as the browser resolves them now: for the theme, and for forced colours too. */
export function readTokens(): Tokens {
  return readColours(TOKENS);
}

/** Colours of `tokens.css` as the browser resolves them now, for what draws by itself. */
export function readColours<Name extends string>(names: readonly Name[]): Record<Name, string> {
  const probe = document.createElement('span');
  document.body.append(probe);
  const colours = {} as Record<Name, string>;
  for (const name of names) {
    probe.style.color = `var(--${name})`;
    colours[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return colours;
}

/** The font of texts in a canvas. */
export function canvasFont(): string {
  const root = getComputedStyle(document.documentElement);
  return `${Number.parseFloat(root.fontSize) * 0.6875}px ${root.getPropertyValue('--font-ui')}`;
}

/** The theme that the embedding page asks for; it wins. */
function embedded(): Choice | null {
  const query = new URLSearchParams(window.location.search);
  const theme = query.get('uiEmbed') === 'v0' ? query.get('uiTheme') : null;
  return theme === 'light' || theme === 'dark' ? theme : null;
}

function stored(): Choice {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}
