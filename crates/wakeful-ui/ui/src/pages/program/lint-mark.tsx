import { lintNames } from '../../data/runtime/lints.ts';
import { Icon } from '../../widgets/icon.tsx';

/** How many lints fired, and which. */
export function LintMark({ lints }: { lints: number }) {
  const names = lintNames(lints);
  if (names.length === 0) return null;
  return (
    <span class="warned lint" title={names.join(', ')}>
      <Icon name="warn" />
      {names.length}
      <span class="unseen"> {names.join(', ')}</span>
    </span>
  );
}
