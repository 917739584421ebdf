import type { Plugin } from 'vite';
import { Mock } from './mock.ts';

/** Answers the API from generated traces, so that `vite --mode mock` needs no server. */
export function mockPlugin(): Plugin {
  return {
    name: 'mock',
    configureServer(server) {
      const mock = new Mock(Date.now());
      server.middlewares.use((request, response, next) => {
        if (!mock.answer(request, response)) next();
      });
    },
  };
}
