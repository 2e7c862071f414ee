import { EmbeddedBench } from '#testing/pool-conformance/embedded-bench.ts';
import { poolConformance } from '#testing/pool-conformance/pool-conformance.ts';
import { ScriptedBench } from '#testing/pool-conformance/scripted-bench.ts';

poolConformance('the embedded pool', () => EmbeddedBench.make());
poolConformance('the scripted pool of tests', async () => new ScriptedBench());
