import { defineConfig } from 'vitest/config';

export default defineConfig({
  define: { __WAKEFUL_VERSION__: '""' },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
