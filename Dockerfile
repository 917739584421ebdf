# syntax=docker/dockerfile:1
# The server with its page: `docker build -t wakeful .`, then
# `docker run -p 4317:4317 -p 4318:4318 -p 16686:16686 -v wakeful:/data wakeful`.

FROM node:22-bookworm-slim AS node

FROM rust:1-bookworm AS build
# The build script of the page calls npm; the Rust image has the C compiler that zstd needs.
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
WORKDIR /src
COPY . .
RUN cargo build --release --locked --package wakeful-cli

FROM debian:bookworm-slim
# An empty volume takes its owner from the folder that it is mounted on.
RUN install -d -o 10001 -g 10001 /data
COPY --from=build /src/target/release/wakeful /usr/local/bin/wakeful
USER 10001:10001
ENV JAEGER_LISTEN_HOST=0.0.0.0 WAKEFUL_DATA_DIR=/data
VOLUME /data
# OTLP gRPC and HTTP; Jaeger's agent, compact and binary; Jaeger's collector; page and API; health; metrics.
EXPOSE 4317 4318 6831/udp 6832/udp 14268 16686 13133 8888
ENTRYPOINT ["/usr/local/bin/wakeful"]
CMD ["serve"]
