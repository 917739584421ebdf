import { Icon } from '../../widgets/icon.tsx';

interface Props {
  live: boolean;
  disabled: boolean;
  /** Why it cannot be live. */
  why: string;
  onChange: (on: boolean) => void;
}

/** Whether the page takes in what happens. Space does the same. */
export function LiveSwitch({ live, disabled, why, onChange }: Props) {
  const on = live && !disabled;
  return (
    <button
      type="button"
      class={on ? 'live on' : 'live'}
      aria-pressed={on}
      disabled={disabled}
      title={disabled ? why : on ? 'Changes are shown as they come; Space pauses' : 'Paused in this tab; Space goes on'}
      onClick={() => onChange(!live)}
    >
      <Icon name="live" /> Live
    </button>
  );
}
