# The image of the GitHub Action: one static binary and the certificates of
# public authorities. It runs as root, as GitHub wants it from an action, and
# sets no working directory: GitHub does.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY action action
COPY prompts prompts
COPY provider provider
COPY store store
RUN CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /promptflag ./action/promptflag

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /promptflag /promptflag
ENTRYPOINT ["/promptflag"]
