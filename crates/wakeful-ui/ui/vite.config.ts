import { defineConfig } from 'vite';
import { compress } from './dev/compress.ts';
import { mockPlugin } from './dev/mock-plugin.ts';

export default defineConfig(({ mode }) => ({
  // Assets are found relative to the page's `<base>`, which the server writes.
  base: './',
  define: { __WAKEFUL_VERSION__: JSON.stringify(process.env.WAKEFUL_VERSION ?? '') },
  build: {
    // light-dark() and color-mix() stand as written.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  worker: { format: 'es' as const },
  plugins: [compress(), mode === 'mock' && mockPlugin()],
  server: mode === 'mock' ? {} : { proxy: { '/api': process.env.WAKEFUL_URL ?? 'http://127.0.0.1:16686' } },
}));
