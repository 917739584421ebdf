import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { PLACEHOLDER } from '../../engine/flags.ts';
import type { RowInfo } from '../../engine/protocol.ts';
import { copy } from '../../shell/commands.ts';
import { href } from '../../shell/router.ts';
import { type MenuItem, MenuItems } from '../../widgets/menu.tsx';
import type { TraceModel } from './model.ts';

/** Of which span the menu is, and where it was asked for, from the left and top edge of the rows. */
export interface MenuPlace {
  span: Pick<RowInfo, 'row' | 'name' | 'service' | 'start' | 'dur' | 'flags' | 'children'>;
  x: number;
  y: number;
}

/**
 * What can be done with the span under the pointer, or with the selected one: the menu of the right button and of Shift+F10.
 * `host` is the element of the rows, which gets the focus back.
 */
export function SpanMenu({ model, host }: { model: TraceModel; host: HTMLElement }) {
  const at = model.menu.value;
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const menu = box.current;
    if (!menu || !at) return;
    const x = Math.min(at.x, host.clientWidth - menu.offsetWidth);
    const y = Math.min(at.y, host.clientHeight - menu.offsetHeight);
    menu.style.transform = `translate(${Math.max(0, x)}px, ${host.offsetTop + Math.max(0, y)}px)`;
    menu.querySelector<HTMLElement>('[role=menuitem]')?.focus({ preventScroll: true });
  }, [at]);
  useEffect(() => {
    if (!at) return;
    const onPointer = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) model.menu.value = null;
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, [at]);
  if (!at) return null;
  const close = () => {
    model.menu.value = null;
    host.focus({ preventScroll: true });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault();
      close();
    }
    // The rows below do not hear keys of the menu.
    event.stopPropagation();
  };
  return (
    <div class="span-menu" ref={box} role="menu" aria-label={`Span ${at.span.name}`} onKeyDown={onKeyDown} onClick={(event) => event.stopPropagation()}>
      <MenuItems items={itemsFor(model, at.span)} close={close} />
    </div>
  );
}

function itemsFor(model: TraceModel, span: MenuPlace['span']): MenuItem[] {
  const { row, name, service, start, dur } = span;
  const id = model.address.idOf(row);
  const link = async () => `${window.location.origin}${href(`/trace/${model.facts.peek()?.id ?? model.id}`)}?uiFind=${await id}`;
  const search = new URLSearchParams({ service, operation: name, lookback: '1h' });
  const others = model.services.peek().flatMap((other) => (other.name === service ? [] : [other.name]));
  const show: MenuItem[] = [
    {
      name: 'Details',
      hint: 'Enter',
      run: () => {
        model.select(row);
        model.setPanel(true);
      },
    },
    { name: 'Fit to the window', hint: 'F', run: () => model.showSpan(start, dur) },
  ];
  if (span.children > 0) {
    show.push({ name: 'Open all below it', hint: '*', run: () => model.fold({ what: 'subtree', row, open: true }) });
  }
  const copies: MenuItem[] = [
    { name: 'Copy span id', run: () => void id.then((text) => copy(text, 'the span id')) },
    { name: 'Copy link to this span', run: () => void link().then((text) => copy(text, 'a link to this span')) },
  ];
  if (span.flags & PLACEHOLDER) return [...show, ...copies];
  return [
    ...show,
    ...copies,
    { name: 'Copy operation', run: () => void copy(name, 'the operation') },
    { name: 'Find this operation', run: () => model.find(`"${name}"`) },
    { name: 'Show this service alone', run: () => model.hide(others) },
    { name: 'Hide this service', run: () => model.hide([...model.look.peek().hidden, service]) },
    { name: 'Search traces with this operation', href: href('/search', search) },
  ];
}
