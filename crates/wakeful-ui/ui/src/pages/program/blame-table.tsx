import type { Blamed } from '../../data/runtime/lane-kinds.ts';
import { formatCount, formatDuration, formatExact } from '../../engine/format.ts';
import { href } from '../../shell/router.ts';
import { Hostile } from '../../widgets/hostile.tsx';
import { shortLocation } from '../tasks/columns.tsx';
import { sharedQuery } from './keys.ts';
import { SpanLink } from './span-link.tsx';

const TEXTS: readonly string[] = ['Span', 'Spawned at', 'Worker'];

/** Who held the workers while the task waited for one. */
export function BlameTable({ blame, program = '' }: { blame: readonly Blamed[]; program?: string }) {
  const query = program ? new URLSearchParams({ program }) : sharedQuery();
  return (
    <table class="figures">
      <caption>Who held the workers while the task was scheduled</caption>
      <thead>
        <tr>
          {['Task', 'Span', 'Spawned at', 'Worker', 'Polls', 'Time', 'Share'].map((head) => (
            <th key={head} scope="col" class={TEXTS.includes(head) ? 'text' : undefined}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {blame.map(({ task, name, location, thread, worker, polls, nanos, share, span }) => (
          <tr key={`${task} ${thread}`}>
            <th scope="row">
              <a href={href(`/tasks/${task}`, query)}>
                {task} <Hostile text={name} />
              </a>
            </th>
            <td class="text">{span ? <SpanLink span={span} /> : <span class="hint" title="No span of the latest traces took most of that poll">–</span>}</td>
            <td class="text" title={location}>
              <Hostile text={shortLocation(location)} />
            </td>
            <td class="text">
              <Hostile text={worker} />
            </td>
            <td>{formatCount(polls)}</td>
            <td title={formatExact(nanos)}>{formatDuration(nanos)}</td>
            <td>{Math.round(share * 100)} %</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
