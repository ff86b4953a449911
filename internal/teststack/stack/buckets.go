//go:build linux || darwin

package stack

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"golang.org/x/sys/unix"

	"github.com/promptflag/promptflag/internal/teststack"
	"github.com/promptflag/promptflag/internal/teststack/npm"
)

// bucket is the name of the bucket or container of every store.
const bucket = "test"

const (
	s3Key    = "promptflag-test"
	s3Secret = "promptflag-test-secret"
	// azureKey is the published key of every storage emulator.
	azureKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

// startS3 starts versitygw on a folder in which the bucket is a folder.
func (s *Stack) startS3(ctx context.Context) ([]string, error) {
	root := filepath.Join(s.group.dir, "s3")
	if err := os.MkdirAll(filepath.Join(root, bucket), 0o755); err != nil {
		return nil, err
	}
	// Connections are kept, as S3 does.
	args := []string{"--quiet", "--keep-alive", "--health", "/health"}
	backend := []string{"posix", root}
	if !attributes(root) {
		meta := filepath.Join(s.group.dir, "meta")
		if err := os.Mkdir(meta, 0o755); err != nil {
			return nil, err
		}
		backend = []string{"posix", "--sidecar", meta, root}
	}
	addr, err := s.group.startOn(ctx, func(port string) spec {
		return spec{
			name: "versitygw",
			args: slices.Concat([]string{s.cache.binary(versitygw)}, args, []string{"--port", "127.0.0.1:" + port}, backend),
			env:  []string{"ROOT_ACCESS_KEY=" + s3Key, "ROOT_SECRET_KEY=" + s3Secret},
		}
	}, func(ctx context.Context, addr string, _ *process) error {
		_, err := get(ctx, "http://"+addr+"/health")
		return err
	})
	return []string{
		teststack.EnvS3 + "=s3://" + bucket + "?endpoint=http://" + addr + "&use_path_style=true&region=us-east-1",
		"AWS_ACCESS_KEY_ID=" + s3Key, "AWS_SECRET_ACCESS_KEY=" + s3Secret,
		// Nothing of the caller's own account may join in.
		"AWS_SESSION_TOKEN=", "AWS_PROFILE=", "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true",
	}, err
}

// attributes reports whether the file system of a folder keeps extended
// attributes, which is where versitygw has what belongs to an object.
func attributes(dir string) bool {
	const name = "user.promptflag"
	if err := unix.Setxattr(dir, name, []byte("1"), 0); err != nil {
		return false
	}
	return unix.Removexattr(dir, name) == nil
}

// startGCS starts fake-gcs-server in memory and makes the bucket.
func (s *Stack) startGCS(ctx context.Context) ([]string, error) {
	addr, err := s.group.startOn(ctx, func(port string) spec {
		return spec{
			name: "fake-gcs-server",
			args: []string{s.cache.binary(fakeGCS), "-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-port", port, "-public-host", "127.0.0.1:" + port, "-log-level", "warn"},
		}
	}, func(ctx context.Context, addr string, _ *process) error {
		return makeGCSBucket(ctx, addr)
	})
	return []string{
		teststack.EnvGCS + "=gs://" + bucket,
		"STORAGE_EMULATOR_HOST=" + addr,
	}, err
}

func makeGCSBucket(ctx context.Context, addr string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/storage/v1/b?project=test", strings.NewReader(`{"name":"`+bucket+`"}`))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	// A retry finds the bucket of the first try.
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusConflict {
		return fmt.Errorf("create bucket: status %d", resp.StatusCode)
	}
	return nil
}

// startAzure starts azurite in memory and makes the container.
func (s *Stack) startAzure(ctx context.Context) ([]string, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, fmt.Errorf("node is not in PATH: install Node.js 20 or newer")
	}
	main := filepath.Join(s.cache.modules(npm.Azurite), "azurite", "dist", "src", "blob", "main.js")
	connection := func(addr string) string {
		return "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=" + azureKey + ";BlobEndpoint=http://" + addr + "/devstoreaccount1;"
	}
	addr, err := s.group.startOn(ctx, func(port string) spec {
		return spec{
			name: "azurite",
			args: []string{node, main, "--silent", "--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck", "--blobHost", "127.0.0.1", "--blobPort", port},
		}
	}, func(ctx context.Context, addr string, _ *process) error {
		return makeContainer(ctx, connection(addr))
	})
	return []string{
		teststack.EnvAzure + "=azblob://" + bucket,
		"AZURE_STORAGE_CONNECTION_STRING=" + connection(addr),
		"AZURE_STORAGE_ACCOUNT=", "AZURE_STORAGE_KEY=", "AZURE_STORAGE_SAS_TOKEN=",
	}, err
}

func makeContainer(ctx context.Context, connection string) error {
	o := &azblob.ClientOptions{ClientOptions: azcore.ClientOptions{Retry: policy.RetryOptions{MaxRetries: -1}}}
	client, err := azblob.NewClientFromConnectionString(connection, o)
	if err != nil {
		return err
	}
	_, err = client.CreateContainer(ctx, bucket, nil)
	if bloberror.HasCode(err, bloberror.ContainerAlreadyExists) {
		return nil
	}
	return err
}
