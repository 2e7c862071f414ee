import { parse } from 'yaml';

/** The content of an order that somebody has written by hand. @throws what is wrong with its syntax */
export const parseYamlOrder = (text: string): unknown => parse(text);
