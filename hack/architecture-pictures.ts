import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lifeOfAJob, rooms } from './rooms.mjs';

const file = join(import.meta.dirname, '../docs/architecture.md');

/** `docs/architecture.md` as it is, with its pictures drawn anew. */
export function architectureText(): string {
  return withPictures(readFileSync(file, 'utf8'), {
    rooms: roomsPicture(),
    folders: foldersPicture(),
    'life of a job': lifePicture(),
  });
}

/**
 * @param pictures by the name that stands in the marks around each: `<!-- picture: rooms -->` and `<!-- end -->`
 * @throws Error when a picture has no place in the text, or a place no picture
 */
export function withPictures(text: string, pictures: Readonly<Record<string, string>>): string {
  const missing = new Set(Object.keys(pictures));
  const drawn = text.replaceAll(
    /(<!-- picture: (.+?) -->\n).*?(<!-- end -->)/gs,
    (_all, begin: string, name: string, end: string) => {
      const picture = pictures[name];
      if (picture === undefined)
        throw new Error(`docs/architecture.md asks for a picture "${name}": there is none`);
      missing.delete(name);
      return `${begin}\n\`\`\`mermaid\n${picture}\n\`\`\`\n\n${end}`;
    },
  );
  if (missing.size > 0) throw new Error(`docs/architecture.md has no place for: ${[...missing].join(', ')}`);
  return drawn;
}

type Arrows = Readonly<Record<string, readonly string[]>>;

function roomsPicture(): string {
  const arrows = Object.fromEntries(Object.entries(rooms).map(([room, { may }]) => [room, may]));
  const pure = Object.keys(rooms).filter((room) => rooms[room]?.pure === true);
  return [
    'flowchart TD',
    ...lines(arrows),
    '  classDef pure stroke-dasharray: 4',
    `  class ${pure.join(',')} pure`,
  ].join('\n');
}

function foldersPicture(): string {
  const furnished = Object.entries(rooms).flatMap(([room, { folders }]) =>
    folders ? [{ room, folders }] : [],
  );
  return [
    'flowchart TD',
    ...furnished.flatMap(({ room, folders }) => {
      const named = Object.entries(folders).map(([folder, may]) => [
        `${room}/${folder}`,
        may.map((other) => `${room}/${other}`),
      ]);
      return [`  subgraph ${room}`, ...lines(Object.fromEntries(named)), '  end'];
    }),
  ].join('\n');
}

const lines = (arrows: Arrows): string[] =>
  Object.keys(arrows).flatMap((from) => {
    const drawn = withoutDetours(arrows, from).map((to) => `  ${from} --> ${to}`);
    return drawn.length > 0 ? drawn : [`  ${from}`];
  });

/** Of what `from` may import, that which it does not reach through anything else that it may import. */
export function withoutDetours(arrows: Arrows, from: string): readonly string[] {
  const next = arrows[from] ?? [];
  return next.filter((to) => !next.some((other) => other !== to && reaches(arrows, other, to)));
}

const reaches = (arrows: Arrows, from: string, to: string): boolean =>
  (arrows[from] ?? []).some((next) => next === to || reaches(arrows, next, to));

function lifePicture(): string {
  const places = [...new Set(lifeOfAJob.flatMap(({ from, to }) => [from, to]))];
  return [
    'sequenceDiagram',
    ...places.map((place) => `  participant ${place}`),
    ...lifeOfAJob.map(({ from, to, says }) => `  ${from}->>${to}: ${says}`),
  ].join('\n');
}
