import { useEffect, useRef, useState } from 'preact/hooks';
import { visibleControls } from './hostile.tsx';

export interface Option {
  value: string;
  label: string;
}

interface Props {
  id: string;
  label: string;
  testId: string;
  options: readonly Option[];
  /** The label of what is chosen; empty if nothing is. */
  chosen: string;
  placeholder: string;
  disabled?: boolean;
  /** What the list says when it has nothing. */
  empty: string;
  /** Whether a text that is no option can be chosen, by Enter or by leaving. */
  free?: boolean;
  onChoose: (value: string) => void;
}

/** So many options are listed at once; typing narrows. */
const LISTED_MAX = 200;

/** A text field with a list of options that typing filters (ARIA's combobox with a list popup). */
export function Combobox(props: Props) {
  const { id, options, chosen } = props;
  const [open, setOpen] = useState(false);
  /** What was typed since the list opened; null while nothing was. */
  const [typed, setTyped] = useState<string | null>(null);
  const [active, setActive] = useState(0);
  const list = useRef<HTMLUListElement>(null);

  const wanted = (typed ?? '').trim().toLowerCase();
  const listed = options.filter(({ label }) => label.toLowerCase().includes(wanted)).slice(0, LISTED_MAX);
  const current = Math.min(active, listed.length - 1);

  useEffect(() => {
    if (open) list.current?.children[current]?.scrollIntoView({ block: 'nearest' });
  }, [open, current]);

  const show = () => {
    setActive(Math.max(0, options.findIndex(({ label }) => label === chosen)));
    setTyped(null);
    setOpen(true);
  };
  const close = () => {
    setOpen(false);
    setTyped(null);
  };
  const choose = (value: string) => {
    close();
    props.onChoose(value);
  };
  const leave = () => {
    const exact = listed.find(({ label }) => label.toLowerCase() === wanted);
    if (wanted !== '' && exact) choose(exact.value);
    else if (wanted !== '' && props.free) choose((typed ?? '').trim());
    else close();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp':
        if (!open) show();
        else setActive((current + (event.key === 'ArrowDown' ? 1 : -1) + listed.length) % Math.max(1, listed.length));
        break;
      case 'Home':
      case 'End':
        if (!open) return;
        setActive(event.key === 'Home' ? 0 : listed.length - 1);
        break;
      case 'Enter':
        // Closed, Enter submits the form.
        if (!open) return;
        if (listed[current]) choose(listed[current].value);
        else leave();
        break;
      case 'Escape':
        if (!open) return;
        event.stopPropagation();
        close();
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  return (
    <div class="combobox">
      <label for={id}>
        {props.label} <span aria-hidden="true">({Math.max(0, options.length - 1)})</span>
      </label>
      <div class="field">
        <input
          id={id}
          data-testid={props.testId}
          role="combobox"
          aria-expanded={open}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={open && listed[current] ? `${id}-${current}` : undefined}
          autocomplete="off"
          spellcheck={false}
          disabled={props.disabled}
          placeholder={props.placeholder}
          value={typed ?? visibleControls(chosen)}
          onClick={() => (open ? undefined : show())}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setActive(0);
            setOpen(true);
          }}
          onFocus={(event) => event.currentTarget.select()}
          onBlur={leave}
          onKeyDown={onKeyDown}
        />
        <span class="chevron" aria-hidden="true" />
      </div>
      <ul id={`${id}-list`} ref={list} role="listbox" aria-label={props.label} hidden={!open}>
        {listed.map((option, index) => (
          <li
            key={option.value}
            id={`${id}-${index}`}
            role="option"
            aria-selected={option.label === chosen}
            class={index === current ? 'active' : ''}
            // The field keeps the focus; the choice is made before it could lose it.
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => choose(option.value)}
          >
            <bdi>{visibleControls(option.label)}</bdi>
          </li>
        ))}
        {listed.length === 0 && (
          <li role="option" aria-selected="false" aria-disabled="true" class="none">
            {options.length > 1 ? 'nothing matches' : props.empty}
          </li>
        )}
      </ul>
    </div>
  );
}
