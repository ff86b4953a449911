# The image of the GitHub Action: one static binary and the certificates of
# public authorities. It runs as root, as GitHub wants it from an action, and
# sets no working directory: GitHub does.
#
# .ci/pin adds the digest of each base; the commit of a release has them.
# internal/repocheck holds this file to what the program is made of.
FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY action action
COPY evalkit evalkit
COPY prompts prompts
COPY provider provider
COPY store store
ARG TARGETOS TARGETARCH VERSION
# timetzdata: there are no time zones in the image.
RUN mkdir -m 1777 -p /out/tmp && CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -tags timetzdata \
    -ldflags "-s -w -X github.com/promptflag/promptflag/action/internal/cli.stamped=$VERSION" -o /out/promptflag ./action/promptflag

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out /
ENTRYPOINT ["/promptflag"]
