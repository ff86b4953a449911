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
