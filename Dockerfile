# The image of operator, pool, pilot and command line, for sites that have a container engine and want it on a Debian of
# their own. Without an engine: npm run image. What both have in common and where they differ: docs/image.md.
ARG BASE=debian:sid-slim
ARG BUILDER=node:24-slim

FROM ${BUILDER} AS build
# The image that the examples run in is a static busybox.
RUN apt-get update \
 && apt-get install -y --no-install-recommends busybox-static \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY bin bin
RUN npm ci
COPY LICENSE ./
COPY hack hack
COPY src src
# Node is the one that the lock file names, the same as in tests and in the other image.
RUN node hack/image/application.mjs /application --busybox /bin/busybox \
 && install -m 755 node_modules/node-linux-*/bin/node /application/usr/bin/node

FROM ${BASE}
# Nothing in a pod may become another user, so nothing needs to be setuid. Apptainer insists on /etc/localtime,
# and on a user whom /etc/passwd knows: whoever had the number in the base gives it up.
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    apptainer ca-certificates libstdc++6 squashfuse tini tzdata util-linux \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* \
 && ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime \
 && sed -i '/^[^:]*:[^:]*:1000:/d' /etc/passwd /etc/group \
 && echo 'glidein:x:1000:1000:glidein:/home/glidein:/bin/sh' >> /etc/passwd \
 && echo 'glidein:x:1000:' >> /etc/group \
 && install -d -m 1777 /home/glidein \
 && find / -xdev -type f -perm /6000 -exec chmod ug-s {} +
COPY --from=build /application/ /
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="glidein" \
      org.opencontainers.image.description="Operator, pool, pilot and command line of Glidein, with Apptainer" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/home/glidein
USER 1000:1000
WORKDIR /home/glidein
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["glidein", "--help"]
