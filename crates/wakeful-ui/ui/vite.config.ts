import { defineConfig } from 'vite';
import { compress } from './dev/compress.ts';
import { mockPlugin } from './dev/mock-plugin.ts';
import { sharedWorkerChunks } from './dev/shared-worker-chunks.ts';

export default defineConfig(({ mode }) => ({
  // Assets are found relative to the page's `<base>`, which the server writes.
  base: './',
  define: { __WAKEFUL_VERSION__: JSON.stringify(process.env.WAKEFUL_VERSION ?? '') },
  build: {
    // light-dark() and color-mix() stand as written.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: {
      polyfill: false,
      // What a web worker loads late it cannot announce with links: it has no document.
      resolveDependencies: (_, dependencies, { hostId }) => (hostId.includes('session') ? [] : dependencies),
    },
    assetsInlineLimit: 0,
    rolldownOptions: {
      // What every page needs is asked for once, not in slivers. Nothing of it is for web workers.
      output: { codeSplitting: { groups: [{ name: 'base', test: /node_modules\/@?preact|src\/data\/api/ }] } },
    },
    reportCompressedSize: false,
  },
  worker: { format: 'es' as const },
  plugins: [sharedWorkerChunks(), compress(), mode === 'mock' && mockPlugin()],
  server: mode === 'mock' ? {} : { proxy: { '/api': process.env.WAKEFUL_URL ?? 'http://127.0.0.1:16686' } },
}));
