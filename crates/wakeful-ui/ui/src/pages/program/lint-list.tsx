import type { Lint } from '../../data/runtime/lints.ts';
import { formatNear, millisOf, nanosOf } from '../../data/time.ts';
import { Hostile } from '../../widgets/hostile.tsx';
import { Icon } from '../../widgets/icon.tsx';

/** What is wrong, since when, at which limit, and what to do. */
export function LintList({ lints }: { lints: readonly Lint[] }) {
  if (lints.length === 0) return null;
  return (
    <ul class="lints" aria-label="Warnings">
      {lints.map(({ name, message, sinceUnixNanos, remedy }) => (
        <li key={message} class={name === 'deadlock' ? 'banner error' : 'banner warn'}>
          <Icon name="warn" /> <strong>{name}</strong> <Hostile text={message} />
          <span class="hint">
            {' '}
            since {formatNear(millisOf(nanosOf(sinceUnixNanos)), Date.now())}
          </span>
          {remedy && (
            <p>
              <Hostile text={remedy} />
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}
