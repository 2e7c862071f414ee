import { expect, it } from 'vitest';
import { surroundings } from './surroundings.ts';

const fails = () => {
  throw new Error('uv_os_get_passwd returned ENOENT');
};
const system = {
  directory: () => '/work',
  home: () => '/home/alice',
  account: () => ({ username: 'alice', homedir: '/home/alice' }),
  uid: () => 1234,
};

it('a user without an account is named after the environment, or after the uid', () => {
  const nameless = { ...system, account: fails };
  expect(surroundings({ USER: 'alice' }, nameless).user).toBe('alice');
  expect(surroundings({ USER: '' }, nameless).user).toBe('uid1234');
  expect(surroundings({}, system).user).toBe('alice');
});

it('a working directory that was removed is still the one that the shell names', () => {
  expect(surroundings({ PWD: '/gone' }, { ...system, directory: fails }).directory).toBe('/gone');
  expect(surroundings({}, { ...system, directory: fails }).directory).toBe('/');
});

it('an empty HOME does not put the state into the working directory', () => {
  expect(surroundings({ HOME: '' }, { ...system, home: () => '' }).home).toBe('/home/alice');
  expect(surroundings({}, { ...system, home: fails, account: fails }).home).toBe('/');
});
