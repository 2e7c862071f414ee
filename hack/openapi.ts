import { TestPool } from '#testing/test-pool.ts';

/** The OpenAPI document of the pool's routes, as a pool serves it. */
export async function openApiText(): Promise<string> {
  const pool = await TestPool.start();
  try {
    const answer = await fetch(`${pool.url}/v1/openapi.json`);
    return `${JSON.stringify(await answer.json(), undefined, 2)}\n`;
  } finally {
    await pool.destroy();
  }
}
