/** The task of the benchmark: as little as a lean pilot does for a job. */
export default () => {};
