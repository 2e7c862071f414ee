import { AttributeNames } from './attribute-names.ts';
import { ValidTexts } from './valid-texts.ts';

/** What a reader of submits need not find out again: most submits repeat the names and the texts of others. */
export class Remembered {
  readonly names = new AttributeNames();
  readonly texts = new ValidTexts();
}
