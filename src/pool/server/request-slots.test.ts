import { expect, it } from 'vitest';
import { RequestSlots } from './request-slots.ts';

const stays = () => new AbortController().signal;

it('requests of a bearer beyond its slots wait, and those of others do not', async () => {
  const slots = new RequestSlots({ handled: 1, waiting: 1 });
  await slots.enter('alice', stays);
  let entered = false;
  const second = slots.enter('alice', stays).then(() => {
    entered = true;
  });
  await slots.enter('bob', stays);
  expect(entered).toBe(false);
  await expect(slots.enter('alice', stays)).rejects.toThrow(/wait already/);
  slots.leave('alice');
  await second;
  expect(entered).toBe(true);
});

it('a request whose client goes away while it waits takes no slot', async () => {
  const slots = new RequestSlots({ handled: 1, waiting: 2 });
  await slots.enter('alice', stays);
  const gone = new AbortController();
  const second = slots.enter('alice', () => gone.signal);
  const third = slots.enter('alice', stays);
  gone.abort();
  await expect(second).rejects.toThrow(/went away/);
  slots.leave('alice');
  await third;
});
