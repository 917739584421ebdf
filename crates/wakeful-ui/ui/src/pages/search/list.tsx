import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { actionOf, inTextField } from '../../shell/keys.ts';
import { params } from '../../shell/router.ts';
import { letterKeys } from '../../shell/settings.ts';
import { SORTS, sortBeside, sortOf } from './sorts.ts';
import { sortBy } from './toolbar.tsx';

/** Keys among the links of what is listed, and for its order. */
export function Listed({ children }: { children: ComponentChildren }) {
  const host = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    if (inTextField(event) || (event.key.length === 1 && !letterKeys.value)) return;
    // Global keys are asked for too, so that the second of `g s` does not act here; they are left to the page.
    const action = actionOf(event, ['list', 'global']);
    if (action !== null && (walk(action) || order(action))) event.preventDefault();
  };
  const walk = (action: string): boolean => {
    const links = [...(host.current?.querySelectorAll<HTMLAnchorElement>('a.name') ?? [])];
    const at = links.indexOf(document.activeElement as HTMLAnchorElement);
    const to = { next: at + 1, previous: at - 1, first: 0, last: links.length - 1 }[action];
    if (at < 0 || to === undefined) return false;
    links[Math.min(links.length - 1, Math.max(0, to))].focus();
    return true;
  };
  return (
    <div ref={host} onKeyDown={onKeyDown}>
      {children}
    </div>
  );
}

/** Another order, where the action is one of order. */
export function order(action: string): boolean {
  const sort = sortOf(params.peek());
  switch (action) {
    case 'sort-next':
      sortBy(sortBeside(sort, 1));
      return true;
    case 'sort-previous':
      sortBy(sortBeside(sort, -1));
      return true;
    case 'sort-invert':
      sortBy(SORTS.find(({ value }) => value === sort.inverse) ?? SORTS[0]);
      return true;
    default:
      return false;
  }
}
