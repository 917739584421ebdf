import { signal } from '@preact/signals';
import { messageOf } from '../../data/api.ts';
import { type About, fetchAbout, fetchOperations, fetchServices, type Operation } from '../../data/search.ts';

/** What the form offers. Null while it is not known. */
export const services = signal<readonly string[] | null>(null);
export const operations = signal<readonly Operation[] | null>(null);
export const about = signal<About | null>(null);
export const catalogError = signal('');

/** Reads the services, and what listens where if there are none yet. */
export async function loadServices(): Promise<void> {
  try {
    const names = await fetchServices();
    services.value = names;
    catalogError.value = '';
    if (names.length === 0) about.value = await fetchAbout();
  } catch (error) {
    catalogError.value = messageOf(error);
  }
}

let asked = 0;

/** Reads the operations of a service, or of all (null). */
export async function loadOperations(service: string | null): Promise<void> {
  const turn = ++asked;
  operations.value = null;
  try {
    const found = await fetchOperations(service);
    if (turn === asked) operations.value = found;
  } catch (error) {
    if (turn === asked) catalogError.value = messageOf(error);
  }
}
