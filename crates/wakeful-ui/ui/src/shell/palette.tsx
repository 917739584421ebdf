import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { fetchServices } from '../data/search.ts';
import { readPasted } from '../data/lookup.ts';
import { choose } from '../theme/theme.ts';
import { visibleControls } from '../widgets/hostile.tsx';
import { pageCommands } from './commands.ts';
import { KeyCap } from './key-cap.tsx';
import { preset } from './keys.ts';
import { paletteOpen } from './layers.ts';
import { lookUp } from './lookup.tsx';
import { actionsOf, type Entry, matching, readInput } from './palette-entries.ts';
import { PAGES } from './pages.ts';
import { recentTraces } from './recent.ts';
import { go } from './router.ts';

const LISTED_MAX = 50;

/** Everything that can be done here, by typing a part of its name. */
export function Palette({ perform }: { perform: (action: string) => void }) {
  return paletteOpen.value === null ? null : <Open begin={paletteOpen.value} perform={perform} />;
}

function Open({ begin, perform }: { begin: string; perform: (action: string) => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const [text, setText] = useState(begin);
  const [active, setActive] = useState(0);
  const [services, setServices] = useState<readonly string[]>([]);

  // Before the first paint: a dialog that is not open yet would be seen, and could not be closed.
  useLayoutEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    const abort = new AbortController();
    // Without an answer the palette has everything but services.
    fetchServices(abort.signal).then(setServices, () => undefined);
    return () => abort.abort();
  }, []);

  const entries = useMemo(() => entriesFor(text, services, perform), [text, services]);
  const current = Math.min(active, entries.length - 1);
  useEffect(() => {
    list.current?.querySelector('.active')?.scrollIntoView({ block: 'nearest' });
  }, [current]);

  const close = () => {
    paletteOpen.value = null;
  };
  const run = (entry: Entry | undefined) => {
    if (!entry) return;
    // The focus returns to the page first: some actions move it from there.
    dialog.current?.close();
    close();
    requestAnimationFrame(entry.run);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') run(entries[current]);
    else if (event.key === 'ArrowDown') setActive((current + 1) % Math.max(1, entries.length));
    else if (event.key === 'ArrowUp') setActive((current - 1 + entries.length) % Math.max(1, entries.length));
    else return;
    event.preventDefault();
  };

  return (
    <dialog ref={dialog} class="palette" aria-label="Palette" onClose={close} onClick={(event) => event.target === dialog.current && dialog.current?.close()}>
      <input
        role="combobox"
        aria-label="What to do"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-autocomplete="list"
        aria-activedescendant={entries[current] ? `palette-${current}` : undefined}
        placeholder="Pages, actions, services, traces, ids · > actions · : TraceQL"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul ref={list} id="palette-list" role="listbox" aria-label="What can be done">
        {entries.map((entry, index) => (
          <li
            key={`${entry.group} ${entry.name}`}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === current}
            class={index === current ? 'active' : ''}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => run(entry)}
          >
            <bdi>{visibleControls(entry.name)}</bdi>
            <span class="hint">{entry.group}</span>
            <span class="keys">
              {entry.keys.slice(0, 2).map((key) => (
                <KeyCap key={key} name={key} />
              ))}
            </span>
          </li>
        ))}
        {entries.length === 0 && (
          <li role="option" aria-selected="false" aria-disabled="true" class="none">
            nothing matches
          </li>
        )}
      </ul>
    </dialog>
  );
}

function entriesFor(text: string, services: readonly string[], perform: (action: string) => void): Entry[] {
  const { mode, words } = readInput(text);
  if (mode === 'query') {
    const query = words.startsWith('{') ? words : `{ ${words} }`;
    const run = () => go('/search', new URLSearchParams({ q: query, lookback: '1h' }));
    return [{ name: `Search the last hour: ${query}`, group: 'Query', keys: [], run }];
  }
  const themes = (['system', 'light', 'dark'] as const).map((theme) => ({
    ...{ name: `Theme: ${theme}`, group: 'Actions' as const, keys: [] },
    run: () => choose(theme),
  }));
  const actions = [...actionsOf(pageCommands.peek(), preset.peek(), perform), ...themes];
  if (mode === 'actions') return matching(actions, words);
  const entry = (group: Entry['group'], name: string, run: () => void): Entry => ({ name, group, keys: [], run });
  const all = [
    ...PAGES.map(({ name, path }) => entry('Pages', name, () => go(path))),
    ...actions,
    ...recentTraces().map(({ id, name }) => entry('Recent traces', `${name} ${id.slice(0, 7)}`, () => go(`/trace/${id}`))),
    ...services.map((name) => entry('Services', name, () => go('/search', new URLSearchParams({ service: name, lookback: '1h' })))),
  ];
  const pasted = readPasted(words);
  const isId = pasted !== null && (pasted.kind !== 'ask' || /\d/.test(words));
  const ids = isId ? [entry('Ids', `Look up ${words}`, () => void lookUp(words))] : [];
  const found = matching(all, words).slice(0, LISTED_MAX);
  return pasted && pasted.kind !== 'ask' ? [...ids, ...found] : [...found, ...ids];
}
