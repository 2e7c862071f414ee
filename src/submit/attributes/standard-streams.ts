import { type Attributes, type Producer, quote, type Read } from './given-value.ts';
import { pathFrom, workingDirectory } from './job-directory.ts';

const nothing = quote('/dev/null');

/**
 * Standard output and error (`Out`, `TransferOut`, `StreamOut`; `Err` and the like) and the event log. A stream without a
 * file goes to /dev/null and is not brought back.
 */
export function streams(directory: string): Producer[] {
  return [
    output('output', 'Out', 'transfer_output', 'stream_output'),
    output('error', 'Err', 'transfer_error', 'stream_error'),
    {
      reads: ['log', 'log_xml', 'initialdir'],
      make(read) {
        const log = read('log');
        if (log === undefined) return {};
        return {
          UserLog: quote(pathFrom(workingDirectory(read, directory), log.unquoted())),
          ...(read('log_xml')?.boolean() === true && { UserLogUseXML: 'true' }),
        };
      },
    },
  ];
}

function output(command: string, attribute: string, transfer: string, stream: string): Producer {
  return {
    reads: [command, transfer, stream],
    make(read: Read): Attributes {
      const file = read(command);
      const streamed = read(stream)?.boolean() ?? false;
      const brought = read(transfer)?.boolean() ?? true;
      const name = file === undefined ? nothing : quote(file.unquoted());
      if (name === nothing || !brought) return { [attribute]: name, [`Transfer${attribute}`]: 'false' };
      return { [attribute]: name, [`Stream${attribute}`]: String(streamed) };
    },
  };
}
