import type { InputHTMLAttributes, RefObject } from 'preact';
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
  /** What the field is otherwise: its place in the form, its name, its notes. */
  field: Pick<InputHTMLAttributes, 'class' | 'placeholder' | 'title' | 'aria-label' | 'aria-invalid' | 'aria-describedby'>;
  /** The element, for who gives it the focus. */
  element?: RefObject<HTMLInputElement | null>;
  /** Keys that have nothing to do with completions. */
  onKeyDown?: (event: KeyboardEvent) => void;
}

const PAUSE_MS = 120;

/** A text field whose words the server completes (ARIA's combobox with a list popup). `Ctrl+Space` asks at once. */
export function CompletedField({ id, value, suggest, complete, onInput, field, element, onKeyDown }: Props) {
  const [found, setFound] = useState<Suggestions | null>(null);
  /** −1 while none was walked to: Enter then submits. */
  const [active, setActive] = useState(-1);
  const own = useRef<HTMLInputElement>(null);
  const input = element ?? own;
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
          if (abort.signal.aborted) return;
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
      // Who types on has a caret of his own already.
      if (element.value !== next) return;
      element.setSelectionRange(place, place);
      // A key is followed by its value.
      if (/[=.]$/.test(text)) ask(0);
    });
  };

  /** Returns whether the key was for the list. */
  const onListKey = (event: KeyboardEvent): boolean => {
    if (event.key === ' ' && event.ctrlKey) {
      ask(0);
      return true;
    }
    if (!found) return false;
    const { length } = found.items;
    switch (event.key) {
      case 'ArrowDown':
        setActive((active + 1) % length);
        return true;
      case 'ArrowUp':
        setActive((active - 1 + length) % length);
        return true;
      case 'Tab':
      case 'Enter':
        if (active >= 0) choose(found.items[active]);
        else close();
        return active >= 0;
      case 'Escape':
        event.stopPropagation();
        close();
        return true;
      default:
        return false;
    }
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
        onKeyDown={(event) => (onListKey(event) ? event.preventDefault() : onKeyDown?.(event))}
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
