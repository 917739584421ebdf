import type { ComponentChildren } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from './icon.tsx';

interface PopoverProps {
  /** The button's text, which is its name too. */
  label: string;
  icon?: IconName;
  title?: string;
  /** What opens: `menu` if it holds menu items alone. */
  kind?: 'dialog' | 'menu';
  children: (close: () => void) => ComponentChildren;
}

/** A button with what opens below it. Esc, a click elsewhere or leaving by Tab closes it; Esc gives the focus back. */
export function Popover({ label, icon, title, kind = 'dialog', children }: PopoverProps) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const host = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  // Before anything else can happen, so that the next key is the panel's.
  useLayoutEffect(() => {
    if (open) panel.current?.querySelector<HTMLElement>('a, button, input, select')?.focus();
  }, [open]);
  useEffect(() => {
    if (!open) return;
    const onPointer = (event: PointerEvent) => {
      if (!host.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, [open]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !open) return;
    event.preventDefault();
    event.stopPropagation();
    close();
  };
  return (
    <div
      class="popover"
      ref={host}
      onKeyDown={onKeyDown}
      onFocusOut={(event) => {
        if (event.relatedTarget && !host.current?.contains(event.relatedTarget as Node)) setOpen(false);
      }}
    >
      <button
        type="button"
        ref={button}
        title={title}
        aria-haspopup={kind}
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' || open) return;
          event.preventDefault();
          event.stopPropagation();
          setOpen(true);
        }}
      >
        {icon && <Icon name={icon} />}
        {label}
        <span class="chevron" aria-hidden="true" />
      </button>
      {open && (
        <div class="panel" id={id} ref={panel} role={kind} aria-label={label}>
          {children(close)}
        </div>
      )}
    </div>
  );
}

export interface MenuItem {
  name: string;
  /** A key that does the same, or another word of help. */
  hint?: string;
  /** One of several, of which one is chosen. */
  checked?: boolean;
  /** An address, which opens in a new tab or, as `download`, becomes a file; or what is done. */
  href?: string;
  download?: boolean;
  run?: () => void;
}

/** A menu button as ARIA has it: arrows walk, Home and End, Enter chooses. */
export function Menu({ items, ...button }: Omit<PopoverProps, 'kind' | 'children'> & { items: readonly MenuItem[] }) {
  return (
    <Popover {...button} kind="menu">
      {(close) => <MenuItems items={items} close={close} />}
    </Popover>
  );
}

/** The items of a menu, wherever it opened. */
export function MenuItems({ items, close }: { items: readonly MenuItem[]; close: () => void }) {
  return (
    <ul role="presentation" class="menu" onKeyDown={walk}>
      {items.map((item) => (
        <li key={item.name} role="presentation">
          <Item item={item} close={close} />
        </li>
      ))}
    </ul>
  );
}

function Item({ item, close }: { item: MenuItem; close: () => void }) {
  const role = item.checked === undefined ? 'menuitem' : 'menuitemradio';
  const text = (
    <>
      <span>{item.name}</span>
      {item.hint && <kbd aria-hidden="true">{item.hint}</kbd>}
    </>
  );
  if (item.href !== undefined) {
    const target = item.download ? { download: '' } : { target: '_blank', rel: 'noopener' };
    return (
      <a role={role} href={item.href} {...target} onClick={close}>
        {text}
      </a>
    );
  }
  const run = () => {
    close();
    item.run?.();
  };
  return (
    <button type="button" role={role} aria-checked={item.checked} onClick={run}>
      {text}
    </button>
  );
}

function walk(event: KeyboardEvent): void {
  const items = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('[role^=menuitem]')];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (to === undefined) return;
  items[(to + items.length) % items.length]?.focus();
  event.preventDefault();
  event.stopPropagation();
}
