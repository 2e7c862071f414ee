import { expect, test } from 'vitest';
import { type Workflow, workflowComplaints } from '../../hack/workflow-complaints.ts';

const right: Workflow = {
  permissions: { contents: 'read' },
  jobs: {
    a: {
      'timeout-minutes': 5,
      steps: [{ uses: 'actions/checkout@v5', with: { 'persist-credentials': false } }],
    },
    b: { uses: './.github/workflows/b.yaml' },
  },
};

test('a workflow that takes no more than it needs is accepted', () => {
  expect(workflowComplaints(right)).toEqual([]);
});

test.each<[Partial<Workflow>, string]>([
  [{ permissions: undefined }, 'write permissions for the workflow, such as contents: read'],
  [
    { permissions: { packages: 'write' } },
    'give the right packages: write to the job that needs it, not to all',
  ],
  [{ permissions: 'write-all' }, 'give the right write-all to the job that needs it, not to all'],
  [{ jobs: { a: { steps: [] } } }, 'job a: write timeout-minutes'],
  [
    { jobs: { a: { 'timeout-minutes': 5, steps: [{ uses: 'x/y@main' }] } } },
    'job a: pin x/y@main by a major version (@v1) or a commit',
  ],
  [
    { jobs: { a: { 'timeout-minutes': 5, steps: [{ uses: 'actions/checkout@v5' }] } } },
    'job a: write persist-credentials: false for the checkout',
  ],
])('a workflow with %j is refused', (change, complaint) => {
  expect(workflowComplaints({ ...right, ...change })).toEqual([complaint]);
});
