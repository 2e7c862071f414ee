import type { Happening } from '#kube/event.ts';

/** Events of pools: constant data, so that equal ones are counted together. */
export const authorityMade: Happening = {
  type: 'Normal',
  reason: 'AuthorityMade',
  action: 'Certify',
  note: 'created the certificate authority of the pool',
};

export const certificateMade: Happening = {
  type: 'Normal',
  reason: 'CertificateMade',
  action: 'Certify',
  note: 'created a serving certificate for the pool',
};

export const becameReady: Happening = {
  type: 'Normal',
  reason: 'Ready',
  action: 'Serve',
  note: 'the pool serves',
};
