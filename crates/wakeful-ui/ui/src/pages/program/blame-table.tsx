import type { Blamed } from '../../data/runtime/lane-kinds.ts';
import { formatCount, formatDuration, formatExact } from '../../engine/format.ts';
import { href } from '../../shell/router.ts';
import { Hostile } from '../../widgets/hostile.tsx';
import { sharedQuery } from './keys.ts';

/** Who held the workers while the task waited for one. */
export function BlameTable({ blame, program = '' }: { blame: readonly Blamed[]; program?: string }) {
  const query = program ? new URLSearchParams({ program }) : sharedQuery();
  return (
    <table class="figures">
      <caption>Who held the workers while the task was scheduled</caption>
      <thead>
        <tr>
          {['Task', 'Spawned at', 'Worker', 'Polls', 'Time', 'Share'].map((head) => (
            <th key={head} scope="col" class={head === 'Spawned at' ? 'text' : undefined}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {blame.map(({ task, name, location, thread, polls, nanos, share }) => (
          <tr key={`${task} ${thread}`}>
            <th scope="row">
              <a href={href(`/tasks/${task}`, query)}>
                {task} <Hostile text={name} />
              </a>
            </th>
            <td class="text">
              <Hostile text={location} />
            </td>
            <td>{thread}</td>
            <td>{formatCount(polls)}</td>
            <td title={formatExact(nanos)}>{formatDuration(nanos)}</td>
            <td>{Math.round(share * 100)} %</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
