import { useEffect, useRef, useState } from 'preact/hooks';
import { visibleControls } from './hostile.tsx';

/** What may stand from `from` to the caret. */
export interface Suggestions {
  from: number;
  items: readonly string[];
}

interface Props {
  id: string;
  value: string;
  /** Asks for what may stand at the caret; null where nothing is known. */
  suggest: (text: string, caret: number, signal: AbortSignal) => Promise<Suggestions | null>;
  /** The text that a chosen item becomes. */
  complete?: (item: string, text: string, from: number) => string;
  onInput: (text: string) => void;
  /** What the field is otherwise: its place in the form, its notes. */
  field: { class?: string; placeholder: string; 'aria-invalid': boolean; 'aria-describedby': string };
}

const PAUSE_MS = 120;

/** A text field whose words the server completes (ARIA's combobox with a list popup). `Ctrl+Space` asks at once. */
export function CompletedField({ id, value, suggest, complete, onInput, field }: Props) {
  const [found, setFound] = useState<Suggestions | null>(null);
  /** −1 while none was walked to: Enter then submits. */
  const [active, setActive] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const asked = useRef<{ abort: AbortController; timer: number } | null>(null);

  const stop = () => {
    window.clearTimeout(asked.current?.timer);
    asked.current?.abort.abort();
  };
  useEffect(() => stop, []);

  const close = () => {
    stop();
    setFound(null);
    setActive(-1);
  };
  const ask = (pause: number) => {
    stop();
    const abort = new AbortController();
    const timer = window.setTimeout(() => {
      const element = input.current;
      if (!element) return;
      suggest(element.value, element.selectionStart ?? element.value.length, abort.signal).then(
        (suggestions) => {
          setFound(suggestions?.items.length ? suggestions : null);
          setActive(-1);
        },
        // Completion helps; a field without it still takes what is typed.
        () => undefined,
      );
    }, pause);
    asked.current = { abort, timer };
  };
  const choose = (item: string) => {
    const element = input.current;
    if (!element || !found) return;
    const caret = element.selectionStart ?? value.length;
    const text = complete ? complete(item, value, found.from) : item;
    const next = value.slice(0, found.from) + text + value.slice(caret);
    onInput(next);
    close();
    const place = found.from + text.length;
    requestAnimationFrame(() => {
      element.setSelectionRange(place, place);
      // A key is followed by its value.
      if (/[=.]$/.test(text)) ask(0);
    });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === ' ' && event.ctrlKey) {
      ask(0);
      event.preventDefault();
      return;
    }
    if (!found) return;
    const { length } = found.items;
    switch (event.key) {
      case 'ArrowDown':
        setActive((active + 1) % length);
        break;
      case 'ArrowUp':
        setActive((active - 1 + length) % length);
        break;
      case 'Tab':
        if (active < 0) return close();
        choose(found.items[active]);
        break;
      case 'Enter':
        if (active < 0) return close();
        choose(found.items[active]);
        break;
      case 'Escape':
        event.stopPropagation();
        close();
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  return (
    <div class="completed">
      <input
        {...field}
        ref={input}
        id={id}
        role="combobox"
        aria-expanded={found !== null}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={found && active >= 0 ? `${id}-${active}` : undefined}
        autocomplete="off"
        spellcheck={false}
        value={value}
        onInput={(event) => {
          onInput(event.currentTarget.value);
          ask(PAUSE_MS);
        }}
        onFocus={() => ask(PAUSE_MS)}
        onBlur={close}
        onKeyDown={onKeyDown}
      />
      <ul id={`${id}-list`} role="listbox" aria-label="Completions" hidden={!found}>
        {found?.items.map((item, index) => (
          <li
            key={item}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            class={index === active ? 'active' : ''}
            ref={index === active ? (row) => row?.scrollIntoView({ block: 'nearest' }) : undefined}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => choose(item)}
          >
            <bdi>{visibleControls(item)}</bdi>
          </li>
        ))}
      </ul>
    </div>
  );
}
