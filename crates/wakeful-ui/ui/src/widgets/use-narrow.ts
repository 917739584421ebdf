import { useEffect, useState } from 'preact/hooks';

const query = matchMedia('(max-width: 699px)');

/** Whether the page is so narrow that tables become cards. */
export function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const onChange = () => setNarrow(query.matches);
    query.addEventListener('change', onChange);
    return () => query.removeEventListener('change', onChange);
  }, []);
  return narrow;
}
