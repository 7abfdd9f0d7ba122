# The static programs and nothing else: no shell, no library, no Python (so `verify` has nothing to compile with).
#
#     docker build --tag wheelscrub .
#     docker run --rm --volume "$PWD/dist:/dist" wheelscrub check /dist
FROM swift:6.3-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates git make python3
WORKDIR /source
COPY . .
RUN git config --global --add safe.directory /source && make static \
    && PYTHONPATH=python/backend python3 -m _wheelscrub.copyright > copyright

FROM scratch
COPY --from=build /source/.build-static/programs/wheelscrub /source/.build-static/programs/wheelscrub-cc \
  /source/.build-static/programs/wheelscrub-rustc /usr/bin/
COPY --from=build /source/LICENSE /source/copyright /usr/share/doc/wheelscrub/
WORKDIR /work
ENTRYPOINT ["/usr/bin/wheelscrub"]
