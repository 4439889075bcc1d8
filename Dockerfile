# The program alone, on a small base with Git (for --since). Mount the code at /code:
#   docker run --rm -v "$PWD:/code" unmoor scan
FROM rust:1.90-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends git \
  && rm -rf /var/lib/apt/lists/* \
  && git config --system --add safe.directory /code
COPY --from=build /source/target/release/unmoor /usr/local/bin/unmoor
COPY LICENSE-MIT LICENSE-APACHE /usr/share/doc/unmoor/
USER 65534:65534
WORKDIR /code
ENTRYPOINT ["unmoor"]
