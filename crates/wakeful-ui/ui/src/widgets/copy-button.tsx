import { copy } from '../shell/commands.ts';
import { Icon } from './icon.tsx';

/** Copies `text`; `what` says in words what it is. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  return (
    <button
      type="button"
      class="icon small"
      aria-label={`Copy ${what}`}
      title={`Copy ${what}`}
      onClick={() => void copy(text, what)}
    >
      <Icon name="copy" />
    </button>
  );
}
