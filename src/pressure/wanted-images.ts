import type { ClassAd } from '#classad/class-ad.ts';
import type { GroupSupply } from './demand.ts';

/** What the pool has to tell jobs apart by, so that the job that stands for others names the image of all of them. */
export const imageAttributes: readonly string[] = ['containerimage', 'dockerimage', 'singularityimage'];

/** Where images come from that do not travel with their job, as ContainerImageSource says. */
const fromElsewhere: readonly string[] = ['local', 'docker', 'oras'];

/** The most characters of a name that a pilot takes. */
const mostCharacters = 1024;

interface Wish {
  readonly owner: string;
  readonly image: string;
  readonly count: number;
}

/** The images that waiting jobs name, for the groups whose fresh pilots prepare some. */
export class WantedImages {
  readonly #byGroup = new Map<string, Wish[]>();

  /**
   * Notes jobs that wait for a pilot.
   * @param able the groups whose fresh pilots fit them
   */
  note(ad: ClassAd, count: number, able: readonly GroupSupply[]): void {
    const preparing = able.filter(({ prepares = 0 }) => prepares > 0);
    if (count === 0 || preparing.length === 0) return;
    const image = imageOf(ad);
    if (image === undefined) return;
    const wish = { owner: ad.evaluateString('Owner') ?? '', image, count };
    for (const { name } of preparing) {
      const wishes = this.#byGroup.get(name);
      if (wishes === undefined) this.#byGroup.set(name, [wish]);
      else wishes.push(wish);
    }
  }

  /** What fresh pilots of a group should prepare, the most wanted image first. */
  of({ name, prepares = 0 }: GroupSupply): readonly string[] {
    return mostWanted(this.#byGroup.get(name) ?? []).slice(0, prepares);
  }
}

/** As pilots read it. A file that travels with its job cannot be prepared, and an absurd name is not told to pilots. */
function imageOf(ad: ClassAd): string | undefined {
  const source = ad.evaluateString('ContainerImageSource') ?? 'local';
  if (!fromElsewhere.includes(source)) return undefined;
  const docker = ad.evaluateString('DockerImage');
  const url = docker?.startsWith('docker://') === false ? `docker://${docker}` : docker;
  const image = ad.evaluateString('ContainerImage') ?? url ?? ad.evaluateString('SingularityImage') ?? '';
  return image === '' || image.length > mostCharacters ? undefined : image;
}

/**
 * Each user has one vote, divided among the images of that user's jobs: whoever names a million images, or submits a million
 * jobs, crowds nobody out. Among images with as many votes, the one that more jobs name comes first.
 */
function mostWanted(wishes: readonly Wish[]): readonly string[] {
  const tally = new Map<string, { votes: number; jobs: number }>();
  for (const own of Map.groupBy(wishes, ({ owner }) => owner).values()) {
    const all = own.reduce((sum, { count }) => sum + count, 0);
    for (const { image, count } of own) {
      const { votes, jobs } = tally.get(image) ?? { votes: 0, jobs: 0 };
      tally.set(image, { votes: votes + count / all, jobs: jobs + count });
    }
  }
  const order = [...tally].sort(
    ([a, one], [b, other]) => other.votes - one.votes || other.jobs - one.jobs || (a < b ? -1 : 1),
  );
  return order.map(([image]) => image);
}
