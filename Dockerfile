# Images of the collector, an agent, and the simulated devices of the demonstration:
#   docker build --target collector -t wattmark-collector .
#   docker build --target agent -t wattmark-agent .
#   docker build --target devices -t wattmark-devices .
ARG NODE_IMAGE=node:20.19.4-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
# What is installed depends on these alone, so that a change of the code does not install anew.
COPY package.json package-lock.json .npmrc ./
COPY shared/package.json shared/
COPY agent/package.json agent/
COPY collector/package.json collector/
COPY dashboards/package.json dashboards/
COPY demo/package.json demo/
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build
RUN npm run bundle

FROM build AS production
RUN npm prune --omit=dev --no-audit --no-fund

FROM ${NODE_IMAGE} AS base
ENV NODE_ENV=production
# Any user may write here: a new volume takes its rights from it, and compose may name another user.
RUN install -d -m 1777 /var/lib/wattmark
WORKDIR /opt/wattmark

FROM base AS collector
COPY --from=production /build/package.json ./
COPY --from=production /build/node_modules node_modules
COPY --from=production /build/shared shared
COPY --from=production /build/collector collector
COPY --from=production /build/dashboards/dist/page dashboards/dist/page
COPY --from=production /build/deploy/docker/collector-health.mjs ./
USER node
EXPOSE 8080
VOLUME /var/lib/wattmark
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["node", "/opt/wattmark/collector-health.mjs"]
ENTRYPOINT ["/opt/wattmark/collector/bin/wattmark-collector.js"]
CMD ["run", "--config", "/etc/wattmark/collector.yaml"]

# One file; programs that some sources run, such as ipmitool, are to be added in an image of one's own.
FROM base AS agent
COPY --from=build /build/dist/wattmark-agent.mjs /build/dist/wattmark-agent.licences.txt ./
COPY --from=build /build/deploy/docker/agent-health.mjs ./
USER node
VOLUME /var/lib/wattmark
HEALTHCHECK --interval=60s --timeout=5s --start-period=60s CMD ["node", "/opt/wattmark/agent-health.mjs", "/var/lib/wattmark/spool"]
ENTRYPOINT ["/opt/wattmark/wattmark-agent.mjs"]
CMD ["run", "--config", "/etc/wattmark/agent.yaml"]

FROM base AS devices
COPY --from=production /build/package.json ./
COPY --from=production /build/node_modules node_modules
COPY --from=production /build/shared shared
COPY --from=production /build/demo demo
USER node
ENTRYPOINT ["node", "demo/dist/main.js"]
