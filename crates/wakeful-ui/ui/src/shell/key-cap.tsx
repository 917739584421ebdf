import { Icon, type IconName } from '../widgets/icon.tsx';

/** Not every font has arrows. */
const ARROWS: Record<string, [IconName, string]> = {
  ArrowUp: ['arrowUp', 'Arrow up'],
  ArrowDown: ['arrowDown', 'Arrow down'],
  ArrowLeft: ['arrowLeft', 'Arrow left'],
  ArrowRight: ['arrowRight', 'Arrow right'],
};

const SHOWN: Record<string, string> = { Escape: 'Esc', Mod: 'Ctrl', ContextMenu: 'Menu', ' ': 'Space' };

/** A key as it stands on keyboards; `name` is as the table of keys has it. */
export function KeyCap({ name }: { name: string }) {
  const parts = /^[A-Z]$/.test(name) && !'WASD'.includes(name) ? ['Shift', name] : name.split('+');
  return (
    <kbd>
      {parts.map((part, index) => {
        const space = index > 0 ? ' ' : '';
        const arrow = ARROWS[part];
        if (!arrow) return `${space}${SHOWN[part] ?? part}`;
        return (
          <>
            {space}
            <Icon name={arrow[0]} />
            <span class="unseen">{arrow[1]}</span>
          </>
        );
      })}
    </kbd>
  );
}
