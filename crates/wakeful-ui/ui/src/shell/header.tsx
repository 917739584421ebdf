import { useEffect } from 'preact/hooks';
import { formatCount } from '../engine/format.ts';
import { type Choice, choice, choose } from '../theme/theme.ts';
import { Icon } from '../widgets/icon.tsx';
import { Menu } from '../widgets/menu.tsx';
import { useNarrow } from '../widgets/use-narrow.ts';
import { helpOpen, lookupOpen, paletteOpen } from './layers.ts';
import { Lookup } from './lookup.tsx';
import { loss, rangeOnScreen, watchLoss } from './loss.ts';
import { PAGES } from './pages.ts';
import { go, href, path } from './router.ts';

const THEMES: Record<Choice, Choice> = { system: 'light', light: 'dark', dark: 'system' };

const TABS = PAGES.filter(({ tab }) => tab);

/** Logo, pages, lookup, palette, loss, theme, and a menu for the rest: what exists, and nothing else. */
export function Header() {
  const narrow = useNarrow();
  const next = THEMES[choice.value];
  const theme = `Theme: ${choice.value}. Change to ${next}`;
  return (
    <header class="shell">
      <a class="logo" href={href('/search')}>
        <Icon name="logo" /> wakeful
      </a>
      <nav aria-label="Pages">
        {TABS.map(({ name, path: to, tab }, at) => (
          <a
            key={to}
            class={at > 0 && TABS[at - 1].tab !== tab ? 'apart' : ''}
            href={href(to)}
            aria-current={path.value.startsWith(to) ? 'page' : undefined}
          >
            {name}
          </a>
        ))}
      </nav>
      <Lookup />
      <button
        type="button"
        class="icon unfold"
        aria-label="Lookup by id"
        aria-expanded={lookupOpen.value}
        onClick={() => (lookupOpen.value = !lookupOpen.value)}
      >
        <Icon name="find" />
      </button>
      <button
        type="button"
        class="palette-button"
        aria-label="Ctrl K: palette of everything that can be done here"
        title="Everything that can be done here (Ctrl K)"
        onClick={() => (paletteOpen.value = '')}
      >
        <kbd>Ctrl K</kbd>
      </button>
      <LossChip />
      <button type="button" class="icon" aria-label={theme} title={theme} onClick={() => choose(next)}>
        <Icon name={choice.value} />
      </button>
      <div class="end">
        <Menu
          label={narrow ? 'Menu' : 'More'}
          items={[
            ...PAGES.filter(({ tab }) => narrow || !tab).map(({ name, path: to }) => ({ name, run: () => go(to) })),
            { name: 'Keys', hint: '?', run: () => (helpOpen.value = true) },
          ]}
        />
      </div>
    </header>
  );
}

/** Records lost in the range on screen. */
function LossChip() {
  const { from, to } = rangeOnScreen();
  useEffect(() => watchLoss(from, to), [from, to]);
  const known = loss.value;
  const lost = known?.lost ?? 0;
  const name = known ? `Loss ${formatCount(lost)}` : 'Loss ?';
  const query = new URLSearchParams({ ...(from && { from }), ...(to && { to }) });
  return (
    <a
      class={lost > 0 ? 'loss some' : 'loss'}
      data-testid="loss"
      href={href('/loss', query)}
      title={known ? 'Records lost in the range on screen' : 'It is not known whether records were lost'}
    >
      {lost > 0 && <Icon name="warn" />}
      {name}
    </a>
  );
}
