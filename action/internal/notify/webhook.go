package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

const (
	maxBatch  = 100 // events of one request
	minSecret = 16

	timestampHeader = "X-Promptflag-Timestamp"
	signatureHeader = "X-Promptflag-Signature"
)

func document(events []Event) ([]byte, error) {
	return json.Marshal(struct {
		Promptflag int     `json:"promptflag"`
		Events     []Event `json:"events"`
	}{1, events})
}

func signature(secret string, now time.Time, body []byte) http.Header {
	timestamp := strconv.FormatInt(now.Unix(), 10)
	return http.Header{timestampHeader: {timestamp}, signatureHeader: {sign(secret, timestamp, body)}}
}

func sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// Verify reports whether a request with this header and body was signed with
// the secret, at most five minutes from now.
func Verify(secret string, header http.Header, body []byte, now time.Time) bool {
	timestamp := header.Get(timestampHeader)
	s, err := strconv.ParseInt(timestamp, 10, 64)
	return err == nil && now.Sub(time.Unix(s, 0)).Abs() <= 5*time.Minute &&
		hmac.Equal([]byte(header.Get(signatureHeader)), []byte(sign(secret, timestamp, body)))
}
