import { expect, test } from 'vitest';
import { createMetrics } from '#telemetry/metrics.ts';
import { answerWith, failedTag, imageSetOf, liveTag } from '#testing/image-set-scene.ts';
import { imagesFound, ready } from './findings.ts';
import { imageSetMetrics } from './metrics.ts';
import { nextStatus } from './status.ts';

test('the metrics of a set have its tags by state, whether it is ready, and the time of the last answer', async () => {
  const set = imageSetOf('s');
  const answer = answerWith([liveTag('a:1'), liveTag('a:2'), failedTag('a:3')]);
  const inspected = { conditions: [ready(set, answer), imagesFound(answer)], answer };
  const status = nextStatus(set, inspected, Date.parse('2026-01-01T00:00:00Z'));
  const registry = createMetrics();
  imageSetMetrics(registry, () => [{ ...set, ...(status && { status }) }]);
  const text = await registry.metrics();
  expect(text).toContain('glidein_image_set_tags{namespace="atlas",set="s",state="live"} 2');
  expect(text).toContain('glidein_image_set_tags{namespace="atlas",set="s",state="failed"} 1');
  expect(text).toContain('glidein_image_set_ready{namespace="atlas",set="s"} 1');
  expect(text).toContain(
    'glidein_image_set_answered_timestamp_seconds{namespace="atlas",set="s"} 1767225600',
  );
});
