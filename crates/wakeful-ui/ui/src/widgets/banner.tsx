import type { ComponentChildren } from 'preact';

/** A line that says what is wrong or missing, where it is. */
export function Banner({ kind, children }: { kind: 'error' | 'warn'; children: ComponentChildren }) {
  return (
    <div class={`banner ${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
      {children}
    </div>
  );
}
