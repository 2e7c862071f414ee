/** The service account that pilots run as, in the namespace of their pool. It has no rights. */
export const pilotAccount = 'glidein-pilot';
