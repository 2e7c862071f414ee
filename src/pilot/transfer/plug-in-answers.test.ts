import { expect, it } from 'vitest';
import { parseAd } from '#classad/parser.ts';
import { readAnswers, readCapabilities, writeQuestion } from './plug-in-answers.ts';

it('a plug-in is asked with an ad for each file, whatever names contain', () => {
  const question = writeQuestion([{ url: 'test://a/"b\\c"', path: '/x/two words' }]);
  expect(question.trimEnd()).not.toContain('\n');
  expect(parseAd(question).evaluateString('Url')).toBe('test://a/"b\\c"');
  expect(parseAd(question).evaluateString('LocalFileName')).toBe('/x/two words');
});

it('answers may stand on one line or on many, and contain ads and brackets', () => {
  const text = `[ TransferUrl = "a://]["; TransferSuccess = true ][
    TransferUrl = "b://x"; TransferSuccess = false; TransferError = "no\\n[\\"such\\"] file";
    TransferErrorData = { [ ErrorType = "Specification" ], [ ErrorType = "Contact"; Data = { 1, 2 } ] } ]`;
  expect(readAnswers(text)).toEqual([
    { url: 'a://][', succeeded: true, error: undefined, mayPass: false },
    { url: 'b://x', succeeded: false, error: 'no ["such"] file', mayPass: true },
  ]);
  expect(readAnswers('')).toEqual([]);
  expect(readAnswers('TransferSuccess = false\nTransferRetryable = true\n')).toMatchObject([
    { url: undefined, succeeded: false, mayPass: true },
  ]);
});

it.each(['[ TransferUrl = ]', 'not an ad'])('the answer %j cannot be read', (text) => {
  expect(() => readAnswers(text)).toThrow(expect.objectContaining({ code: 'RuntimeFailed' }));
});

it('capabilities are those of HTCondor, in either syntax', () => {
  const several =
    '[ PluginType = "FileTransfer"; SupportedMethods = "OSDF, stash"; MultipleFileSupport = true ]';
  expect(readCapabilities(several)).toEqual({ schemes: ['osdf', 'stash'], several: true });
  expect(readCapabilities('PluginType = "FileTransfer"\nSupportedMethods = "data"\n')).toEqual({
    schemes: ['data'],
    several: false,
  });
  expect(() => readCapabilities('PluginType = "Other"\nSupportedMethods = "data"\n')).toThrow('-classad');
});
