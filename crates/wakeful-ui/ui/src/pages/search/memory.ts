import type { Form } from '../../data/query.ts';

const KEY = 'wakeful-last-search';

type Remembered = Pick<Form, 'service' | 'operation'>;

/** Keeps the service and operation for the next visit. */
export function remember({ service, operation }: Remembered): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ service, operation }));
  } catch {
    // Storage may be forbidden; the form then starts empty.
  }
}

export function recall(): Partial<Remembered> {
  try {
    const { service, operation } = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Remembered>;
    return service === undefined ? {} : { service, operation: operation ?? null };
  } catch {
    return {};
  }
}
