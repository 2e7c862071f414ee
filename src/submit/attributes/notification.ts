import { truncate } from '#base/truncate.ts';
import { type Producer, quote } from './given-value.ts';

const kinds: Readonly<Record<string, string>> = { never: '0', always: '1', complete: '2', error: '3' };

/** JobNotification and NotifyUser, which are only recorded; no mail is sent here. */
export const notification: Producer = {
  reads: ['notification', 'notify_user'],
  make(read) {
    const value = read('notification');
    const kind = kinds[value?.text.toLowerCase() ?? 'never'];
    if (value !== undefined && kind === undefined) {
      throw value.fault(
        `"${truncate(value.text, 40)}" is not known`,
        'write never, always, complete or error',
      );
    }
    const user = read('notify_user');
    return {
      JobNotification: kind ?? '0',
      ...(user !== undefined && { NotifyUser: quote(user.unquoted()) }),
    };
  },
};
