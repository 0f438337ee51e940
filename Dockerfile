# One static binary in an empty image, run by a user without rights. The health
# check is where the address is known: in docker-compose.yml.
FROM golang:1.26.8-alpine AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w ${VERSION:+-X main.version=$VERSION}" -o /out/datalek ./cmd/datalek
RUN install -d -m 0700 -o 65532 -g 65532 /out/data && install -d -m 1777 /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/tmp /tmp
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/datalek /datalek
COPY LICENSE /LICENSE
USER 65532:65532
ENV DATALEK_ADDR=:8080 DATALEK_DATA=/data
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/datalek"]
CMD ["serve"]
