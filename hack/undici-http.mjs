/**
 * The part of undici in the bundles: HTTP. Its own index also loads fetch, web sockets, mocks and caches, which takes longer
 * than most commands run. A name that sources import and that is missing here fails the build.
 */
import api from 'undici/lib/api/index.js';
import buildConnector from 'undici/lib/core/connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';

Object.assign(Dispatcher.prototype, api);

export { Agent, buildConnector };
