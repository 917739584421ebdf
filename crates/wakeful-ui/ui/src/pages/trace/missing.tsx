import { useEffect, useState } from 'preact/hooks';
import { type About, fetchAbout } from '../../data/search.ts';
import { formatInstant, nanosOf } from '../../data/time.ts';
import { href } from '../../shell/router.ts';
import { Hostile } from '../../widgets/hostile.tsx';

/** No span of the trace is stored. */
export function Missing({ id }: { id: string }) {
  const [about, setAbout] = useState<About | null>(null);
  useEffect(() => {
    document.title = 'No such trace – wakeful';
    // Only the range of what is stored comes from here: without it the message is shorter.
    fetchAbout().then(setAbout, () => undefined);
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
