import { defineConfig } from 'vitest/config';

/** Measurements in a real browser; `cargo xtask bench ui` starts the server and says where it is. */
export default defineConfig({
  test: {
    include: ['bench/**/*.bench-run.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 60_000,
  },
});
