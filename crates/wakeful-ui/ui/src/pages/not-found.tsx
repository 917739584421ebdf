import { useEffect } from 'preact/hooks';
import { href, path } from '../shell/router.ts';

/** For an address that names no page. */
export function NotFound() {
  useEffect(() => {
    document.title = 'No such page – wakeful';
  }, []);
  return (
    <section class="message">
      <h1>No such page</h1>
      <p>
        Nothing is at <code>{path.value}</code>. <a href={href('/search')}>Search for traces</a>
      </p>
    </section>
  );
}
