import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { gpuModels, readNodeModel } from './node-model.ts';

it('the model of a node says what its processor and each of its GPUs is', async () => {
  const root = await mkdtemp(join(tmpdir(), 'glidein-model-'));
  try {
    const files = {
      'proc/driver/nvidia/gpus/0000:41:00.0/information': 'Model: \t\t NVIDIA A100\nIRQ: 255\n',
      'sys/class/drm/renderD128/device/vendor': '0x1002\n',
      'sys/class/drm/renderD128/device/device': '0x740f\n',
      'sys/class/drm/card0/device/vendor': '0x1a03\n',
    };
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), text);
    }
    expect(await gpuModels(root)).toEqual(['0x1002:0x740f', 'NVIDIA A100']);
    expect((await readNodeModel()).processor).not.toBe('');
  } finally {
    await rm(root, { recursive: true });
  }
});
