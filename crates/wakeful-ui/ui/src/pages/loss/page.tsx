import { useEffect, useState } from 'preact/hooks';
import { isAbort, messageOf } from '../../data/api.ts';
import { type Cause, fetchLoss, type Loss } from '../../data/loss.ts';
import { formatInstant, nanosOf } from '../../data/time.ts';
import { formatCount, plural } from '../../engine/format.ts';
import { status } from '../../shell/commands.ts';
import { params } from '../../shell/router.ts';
import { Banner } from '../../widgets/banner.tsx';
import { Hostile } from '../../widgets/hostile.tsx';

/** What was not kept, why, and what would help. */
export function LossPage() {
  const [from, to] = ['from', 'to'].map((name) => params.value.get(name) ?? '');
  const [loss, setLoss] = useState<Loss | null>(null);
  const [error, setError] = useState('');
  const [turn, setTurn] = useState(0);
  const wrong = (['from', 'to'] as const).filter((name) => !/^\d*$/.test(params.value.get(name) ?? ''));

  useEffect(() => {
    document.title = 'Loss – wakeful';
    return () => {
      status.value = '';
    };
  }, []);
  useEffect(() => {
    const abort = new AbortController();
    fetchLoss(/^\d*$/.test(from) ? from : '', /^\d*$/.test(to) ? to : '', abort.signal).then(
      (answer) => {
        setLoss(answer);
        setError('');
        status.value = said(answer);
      },
      (problem) => {
        if (!isAbort(problem)) setError(messageOf(problem));
      },
    );
    return () => abort.abort();
  }, [from, to, turn]);

  return (
    <section class="document" aria-busy={!loss && !error}>
      <h1>Loss</h1>
      {wrong.length > 0 && <Banner kind="warn">{wrong.join(' and ')} cannot be read: write Unix nanoseconds. All that is known is shown.</Banner>}
      {error && (
        <Banner kind="error">
          What was lost could not be read: {error}.{' '}
          <button type="button" onClick={() => setTurn(turn + 1)}>
            Retry
          </button>
        </Banner>
      )}
      {loss && (
        <>
          <p>
            <strong>{said(loss)}</strong>
            {inRange(from, to)}
          </p>
          {loss.causes.length > 0 ? (
            <Causes causes={loss.causes} />
          ) : (
            <p class="hint">Nothing was refused or dropped, and no program reported a loss of its own.</p>
          )}
        </>
      )}
    </section>
  );
}

function Causes({ causes }: { causes: readonly Cause[] }) {
  const edges = causes.flatMap(({ firstUnixNanos, lastUnixNanos }) => [nanosOf(firstUnixNanos), nanosOf(lastUnixNanos)]);
  const first = edges.reduce((least, at) => (at < least ? at : least));
  const last = edges.reduce((most, at) => (at > most ? at : most));
  const share = (at: bigint) => (last > first ? Number(((at - first) * 1000n) / (last - first)) / 10 : 0);
  return (
    <table>
      <thead>
        <tr>
          {['Cause', 'Source', 'Records', 'First', 'Last', 'When', 'What helps'].map((head) => (
            <th key={head} scope="col" class={head === 'Records' ? 'number' : undefined}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {causes.map(({ cause, source, thread, records, firstUnixNanos, lastUnixNanos, remedy }) => {
          const [begin, end] = [share(nanosOf(firstUnixNanos)), share(nanosOf(lastUnixNanos))];
          return (
            <tr key={`${cause} ${source} ${thread}`}>
              <th scope="row">
                <Hostile text={cause} />
              </th>
              <td data-label="Source">
                <Hostile text={source} />
                {thread && (
                  <span class="hint">
                    , <Hostile text={thread} />
                  </span>
                )}
              </td>
              <td data-label="Records" class="number">
                {formatCount(records)}
              </td>
              <td data-label="First">{formatInstant(nanosOf(firstUnixNanos))}</td>
              <td data-label="Last">{formatInstant(nanosOf(lastUnixNanos))}</td>
              <td>
                <svg class="times" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
                  <rect class="rule" x="0" y="5" width="100" height="2" />
                  <rect class="span" x={Math.min(98, begin)} y="2" width={Math.max(2, end - begin)} height="8" />
                </svg>
              </td>
              <td data-label="What helps">
                <Hostile text={remedy} />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function said({ lost, kept }: Loss): string {
  return `${formatCount(lost)} lost, ${plural(kept, 'record')} kept`;
}

function inRange(from: string, to: string): string {
  if (!/^\d+$/.test(from) || !/^\d+$/.test(to)) return ' since the server started';
  return ` from ${formatInstant(BigInt(from))} to ${formatInstant(BigInt(to))}`;
}
