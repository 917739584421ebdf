import type { TaskState } from '../../data/runtime/tasks.ts';

/** A state as a shape and a word: never colour alone. */
export function StateMark({ state, ended = '' }: { state: TaskState; ended?: string }) {
  return (
    <span class={`task-state ${state}`} title={ended || undefined}>
      <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
        <path d={SHAPES[state]} />
      </svg>
      {state === 'unknown' ? 'n/a' : state}
      {ended === 'panicked' && <span class="errors"> !</span>}
    </span>
  );
}

/** Play, two chevrons up, pause, stop: tokio-console's signs. */
const SHAPES: Record<TaskState, string> = {
  running: 'M2 1 9 5 2 9z',
  scheduled: 'M5 0 9 4H7.2L5 1.9 2.8 4H1zM5 4 9 8H7.2L5 5.9 2.8 8H1z',
  idle: 'M2 1h2v8H2zM6 1h2v8H6z',
  done: 'M1.5 1.5h7v7h-7z',
  unknown: '',
};
