import { describe, expect, it } from 'vitest';
import { glideinGroupSpec } from '#api/glidein-group.ts';
import { templateOf } from './template.ts';

const groupOf = (more: object, attributes: object = {}) =>
  glideinGroupSpec.parse({
    poolRef: { name: 'p' },
    replicas: 1,
    pilot: { cpus: 1, memory: '1Gi', attributes },
    ...more,
  });
const selector = (arch: string) => ({ template: { spec: { nodeSelector: { 'kubernetes.io/arch': arch } } } });
const affinity = (...values: string[][]) => ({
  template: {
    spec: {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: values.map((each) => ({
              matchExpressions: [{ key: 'kubernetes.io/arch', operator: 'In', values: each }],
            })),
          },
        },
      },
    },
  },
});

describe('the processor of fresh pilots', () => {
  it.each([
    ['of any node: that of the operator', groupOf({}), 'AARCH64'],
    ['bound to amd64 by a selector', groupOf(selector('amd64')), 'X86_64'],
    ['bound to arm64 by a selector', groupOf(selector('arm64')), 'AARCH64'],
    ['bound to amd64 by an affinity', groupOf(affinity(['amd64'], ['amd64'])), 'X86_64'],
    ['of either kind', groupOf(affinity(['amd64', 'arm64'])), 'AARCH64'],
    ['declared by the group', groupOf(selector('amd64'), { arch: 'PPC64LE' }), 'PPC64LE'],
  ])('the slot ad of fresh pilots names the processor: %s', (_what, group, arch) => {
    expect(templateOf(group, 'arm64').evaluate('Arch')).toBe(arch);
  });
});
