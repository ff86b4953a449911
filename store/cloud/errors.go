package cloud

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"gocloud.dev/gcerrors"
	"google.golang.org/api/googleapi"

	"github.com/promptflag/promptflag/store"
)

// taken: the condition "if there is none" did not hold. gocloud reports a bucket
// that was closed by the same code, so an answer of the service is required.
func taken(err error) bool {
	code := status(err)
	return code == http.StatusPreconditionFailed ||
		gcerrors.Code(err) == gcerrors.FailedPrecondition && code != 0
}

// missing: the service says that there is no such thing, or the driver does
// without asking it. gocloud alone would also say so of every answer of S3 in
// whose text "301" occurs, and the text holds ids drawn at random.
func missing(err error) bool {
	switch status(err) {
	case http.StatusMovedPermanently: // S3 has the bucket, in another region
		return true
	case 0, http.StatusNotFound:
		return gcerrors.Code(err) == gcerrors.NotFound || nothing(err)
	}
	return false
}

// nothing is what gocloud finds out about its own calls to S3.
func nothing(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains([]string{"NoSuchBucket", "NoSuchKey", "NotFound"}, api.ErrorCode())
}

// conflict: S3 could not decide a conditional put because of another one. gocloud
// calls it unknown, and the SDK does not repeat it.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
func conflict(err error) bool {
	var api smithy.APIError
	return status(err) == http.StatusConflict && errors.As(err, &api) && api.ErrorCode() == "ConditionalRequestConflict"
}

// status is the service's HTTP status, 0 if there was no answer.
func status(err error) int {
	var aws *smithyhttp.ResponseError
	var azure *azcore.ResponseError
	var google *googleapi.Error
	switch {
	case errors.As(err, &aws):
		return aws.HTTPStatusCode()
	case errors.As(err, &azure):
		return azure.StatusCode
	case errors.As(err, &google):
		return google.Code
	}
	return 0
}

// kind is the error that a caller can test for, nil when there is none.
func kind(ctx context.Context, err error) error {
	var dns *net.DNSError
	switch code := status(err); {
	case ctx.Err() != nil:
		return ctx.Err()
	case code == http.StatusUnauthorized || code == http.StatusForbidden || gcerrors.Code(err) == gcerrors.PermissionDenied:
		return fs.ErrPermission
	case errors.As(err, &dns): // azureblob: an unknown host is "not found"
		return nil
	case missing(err):
		return store.ErrNotFound
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	}
	return nil
}

// clean turns a driver's error into one line without secrets. The original is
// dropped: its text may hold a signed URL, so nothing may unwrap to it.
func clean(ctx context.Context, err error) error {
	text := message(err)
	switch k := kind(ctx, err); {
	case k == nil:
		return errors.New(text)
	case k.Error() == text:
		return k
	default:
		return fmt.Errorf("%w (%s)", k, text)
	}
}

// missingBucket: a write does not need the key to be there, so what is not found
// is the bucket.
func missingBucket(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("the bucket itself: %w", err)
	}
	return err
}

const maxMessage = 600 // bytes

func message(err error) string {
	var azure *azcore.ResponseError
	if errors.As(err, &azure) { // its text is the whole answer, over many lines
		return fmt.Sprintf("azure: HTTP %d %s", azure.StatusCode, azure.ErrorCode)
	}
	text := redact(gocloudLayer.ReplaceAllString(err.Error(), ""))
	text, request := withoutIDs(strings.Join(strings.Fields(text), " "))
	if len(text) > maxMessage {
		text = strings.ToValidUTF8(text[:maxMessage], "") + "…"
	}
	return text + request
}

// withoutIDs takes out of an error of AWS what stands between the operation and the
// cause, 200 characters of ids. Support finds the request by its own, which goes to
// the end.
func withoutIDs(text string) (rest, request string) {
	m := awsAnswer.FindStringSubmatch(text)
	if m == nil {
		return text, ""
	}
	status := "HTTP " + m[1] + ", "
	if m[1] == "0" { // nobody answered
		status = ""
	}
	if m[2] != "" {
		request = ", RequestID: " + m[2]
	}
	return strings.Replace(text, m[0], status, 1), request
}

var (
	// what gocloud puts in front: the URL or the key again, and its code
	gocloudLayer = regexp.MustCompile(`^(open bucket \S+: |blob( \(key "[^"]*"\))? \(code=\w+\): )+`)

	awsAnswer = regexp.MustCompile(`https response error StatusCode: (\d+), RequestID: ([^,]*), (?:HostID: [^,]*, )?`)

	urlQuery = regexp.MustCompile(`([a-z0-9]+://[^\s"'?]*)\?[^\s"']*`)
	urlUser  = regexp.MustCompile(`([a-z0-9]+://)[^\s"'/@]*@`)
	keyValue = regexp.MustCompile(`(?i)\b(AccountKey|SharedAccessSignature|sig|signature|secret|token|password|Authorization|AWSAccessKeyId|Credential)(=|:\s*)[^\s;&"',]+`)
)

// redact removes what may be a secret: queries and users of URLs, and values
// behind telling names.
func redact(text string) string {
	text = urlQuery.ReplaceAllString(text, "$1?…")
	text = urlUser.ReplaceAllString(text, "$1…@")
	return keyValue.ReplaceAllString(text, "$1$2…")
}
