# Latchkey in a container. Two stages over the same Debian: one that builds, one with what the program needs to run.
#
#   docker build -t latchkey .          or: ./dev image, which needs no container engine
#   docker compose up
#
# The data lives in /var/lib/latchkey, the only place that is written; all else may be read-only.
ARG BASE=debian:12-slim

FROM ${BASE} AS build
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        g++ cmake ninja-build pkg-config ccache libboost1.81-dev libboost-json1.81-dev libboost-program-options1.81-dev \
        libhiredis-dev libbotan-2-dev libsqlite3-dev libssl-dev libmimalloc-dev liburing-dev catch2 python3
WORKDIR /source
COPY . .
RUN cmake --preset release && cmake --build build/release --target latchkey && strip build/release/bin/latchkey

FROM ${BASE}
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        libboost-json1.81.0 libboost-program-options1.81.0 libbotan-2-19 libhiredis0.14 libsqlite3-0 libssl3 \
        libmimalloc2.0 liburing2 \
        ca-certificates && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt /var/cache/debconf/*-old /var/log/*.log /var/log/apt && \
    useradd --system --uid 7080 --home-dir /var/lib/latchkey --shell /usr/sbin/nologin latchkey && \
    install -d -o latchkey -g latchkey -m 0700 /var/lib/latchkey
COPY --from=build /source/build/release/bin/latchkey /usr/local/bin/latchkey

USER latchkey
WORKDIR /var/lib/latchkey
VOLUME /var/lib/latchkey
EXPOSE 7080
ENV LATCHKEY_LISTEN=0.0.0.0:7080 LATCHKEY_LOG_FORMAT=json
# Ready, not only alive: what a full disk or a lost Redis stops from serving is not healthy.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["latchkey", "health", "--url", "http://127.0.0.1:7080"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["latchkey"]
CMD ["serve"]
