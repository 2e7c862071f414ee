import { expect, it } from 'vitest';
import { workerMemory } from './worker-memory.ts';

it('processes that expand images share half of the memory, and are fewer where it is too little', () => {
  expect(workerMemory(1024, 2)).toEqual({ processes: 2, heap: 172 });
  expect(workerMemory(512, 2)).toEqual({ processes: 2, heap: 44 });
  expect(workerMemory(512, 1)).toEqual({ processes: 1, heap: 172 });
  expect(workerMemory(1024, 16)).toEqual({ processes: 4, heap: 44 });
  expect(workerMemory(128, 2)).toEqual({ processes: 1, heap: 44 });
});
