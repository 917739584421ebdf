import type { LaneSums } from '../../data/runtime/lane-kinds.ts';
import { formatDuration, formatExact, plural } from '../../engine/format.ts';

/** Counts and times of a range; what is not known is left out. */
export function Sums({ sums }: { sums: LaneSums }) {
  const times: [string, number | null][] = [
    ['busy', sums.busy],
    ['scheduled', sums.scheduled],
    ['idle', sums.idle],
    ['not polled yet', sums.notPolled || null],
  ];
  return (
    <>
      {sums.polls !== null && <span>{plural(sums.polls, 'poll')}</span>}
      {sums.wakes !== null && <span>{plural(sums.wakes, 'wake')}</span>}
      {times.map(
        ([name, nanos]) =>
          nanos !== null && (
            <span key={name} title={formatExact(nanos)}>
              {name} {formatDuration(nanos)}
            </span>
          ),
      )}
    </>
  );
}
