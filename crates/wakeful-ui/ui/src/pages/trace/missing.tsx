import { useEffect, useState } from 'preact/hooks';
import { type Hit, type Looked, lookup } from '../../data/lookup.ts';
import { type About, fetchAbout } from '../../data/search.ts';
import { formatInstant, nanosOf } from '../../data/time.ts';
import { href } from '../../shell/router.ts';
import { Hostile } from '../../widgets/hostile.tsx';

/** No span of the trace is stored: what is, and whether the id is that of something else. */
export function Missing({ id }: { id: string }) {
  const [about, setAbout] = useState<About | null>(null);
  const [looked, setLooked] = useState<Looked | null>(null);
  useEffect(() => {
    document.title = 'No such trace – wakeful';
    const going = new AbortController();
    // The range of what is stored and other things of this id come from here: without them the message is shorter.
    fetchAbout().then(setAbout, () => undefined);
    lookup(id, going.signal).then(setLooked, () => undefined);
    return () => going.abort();
  }, []);
  return (
    <section class="message">
      <h1>No such trace</h1>
      <p>
        No trace <code class="whole"><Hostile text={id} /></code> in stored data
        {about?.oldestUnixNanos && about.newestUnixNanos && (
          <>
            {' '}
            (from {formatInstant(nanosOf(about.oldestUnixNanos))} to {formatInstant(nanosOf(about.newestUnixNanos))})
          </>
        )}
        .
      </p>
      {looked && <Others {...looked} />}
      <p>
        It may be still on its way, or past the retention.{' '}
        <button type="button" onClick={() => window.location.reload()}>
          Look again
        </button>{' '}
        <a href={href('/search')}>Search for traces</a>
      </p>
    </section>
  );
}

const KINDS: Record<Hit['kind'], string> = { trace: 'a trace', span: 'a span', debug: 'a trace with this debug id' };

/** What else has the id: a span, or a trace that was sent with it as its debug id. */
function Others({ hits, looked }: Looked) {
  if (hits.length === 0) return <p>Nothing else has this id. Looked through: {looked.join(', ')}.</p>;
  return (
    <>
      <p>The id is that of something else:</p>
      <ul>
        {hits.map(({ kind, traceId, spanId, service, operation, startUnixNanos }) => (
          <li key={`${traceId}${spanId}`}>
            <a href={href(`/trace/${traceId}`, spanId ? new URLSearchParams({ uiFind: spanId }) : undefined)}>
              {KINDS[kind]}: <Hostile text={`${service}: ${operation}`} />
            </a>{' '}
            {formatInstant(nanosOf(startUnixNanos))}
          </li>
        ))}
      </ul>
    </>
  );
}
