import { join } from 'node:path';
import { startMock } from './mock-server.ts';

/** A running server of the page. */
export interface Server {
  url: string;
  stop(): Promise<void>;
}

export const DIST = join(import.meta.dirname, '..', 'dist');
export const startAny = (largest: number) => startMock(DIST, largest);
