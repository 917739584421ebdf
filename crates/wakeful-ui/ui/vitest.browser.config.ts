import { defineConfig } from 'vitest/config';

/** Tests in a real browser against a real server: one at a time, so that timings mean something. */
export default defineConfig({
  test: {
    include: ['browser/**/*.test.ts'],
    environment: 'node',
    fileParallelism: false,
    // A busy machine meets them too; what passes waits for none of them.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Once more where a test failed: the reporter names those that passed only then. What fails twice fails.
    retry: 1,
    expect: { poll: { timeout: 30_000 } },
  },
});
