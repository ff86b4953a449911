package secrets_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
)

// Alphabets of tokens.
const (
	lowers  = "abcdefghijklmnopqrstuvwxyz"
	uppers  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	letters = lowers + uppers
	digits  = "0123456789"
	hexes   = digits + "abcdef"
	alnum   = letters + digits
	base64s = alnum + "+/"
	urlsafe = alnum + "-_"
)

// maker makes texts and tokens, always the same ones. Nothing in these files is
// a token as it stands: they are put together from pieces when the tests run,
// so that no scanner stops at the sources.
type maker struct{ *rand.Rand }

func newMaker(seed uint64) maker { return maker{rand.New(rand.NewPCG(seed, 20240917))} }

func (m maker) of(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[m.IntN(len(alphabet))]
	}
	return string(b)
}

func (m maker) pick(from ...string) string { return from[m.IntN(len(from))] }

func (m maker) uuid() string {
	return strings.Join([]string{m.of(hexes, 8), m.of(hexes, 4), "4" + m.of(hexes, 3), "a" + m.of(hexes, 3), m.of(hexes, 12)}, "-")
}

// jwt is a signed web token with plausible contents.
func (m maker) jwt() string {
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." +
		enc(fmt.Appendf(nil, `{"sub":"%s","iss":"auth.acme.io","exp":%s}`, m.of(digits, 9), "17"+m.of(digits, 8))) + "." + m.of(urlsafe, 43)
}

// pem is a private key block of random contents.
func (m maker) pem(kind string, lines int) string {
	var b strings.Builder
	b.WriteString("-----BE" + "GIN " + kind + "PRIVATE" + " KEY-----\n")
	for range lines {
		b.WriteString(m.of(base64s, 64) + "\n")
	}
	b.WriteString("-----E" + "ND " + kind + "PRIVATE" + " KEY-----")
	return b.String()
}

// password has letters, digits and a sign.
func (m maker) password() string {
	return m.of(uppers, 1) + m.of(lowers, 4) + m.of("!#%&+", 1) + m.of(digits, 3) + m.of(letters, 4)
}

// kinds are credentials by what they are for.
func (m maker) kinds() []struct{ name, token string } {
	return []struct{ name, token string }{
		{"openai project", "sk-" + "proj-" + m.of(urlsafe, 74) + "T3Blbk" + "FJ" + m.of(urlsafe, 73) + "A"},
		{"openai service account", "sk-" + "svcacct-" + m.of(urlsafe, 110)},
		{"openai user", "sk-" + m.of(alnum, 20) + "T3Blbk" + "FJ" + m.of(alnum, 20)},
		{"sk- of another provider", "sk-" + m.of(hexes, 32)},
		{"anthropic", "sk-" + "ant-api03-" + m.of(urlsafe, 93) + "AA"},
		{"anthropic oauth", "sk-" + "ant-oat01-" + m.of(urlsafe, 90)},
		{"hugging face", "hf" + "_" + m.of(letters, 34)},
		{"openrouter", "sk-" + "or-v1-" + m.of(hexes, 64)},
		{"groq", "gs" + "k_" + m.of(alnum, 52)},
		{"xai", "xa" + "i-" + m.of(alnum, 80)},
		{"replicate", "r8" + "_" + m.of(alnum, 37)},
		{"perplexity", "pp" + "lx-" + m.of(alnum, 48)},
		{"langsmith", "ls" + "v2_pt_" + m.of(hexes, 32) + "_" + m.of(hexes, 10)},
		{"langfuse", "sk-" + "lf-" + m.uuid()},
		{"pinecone", "pc" + "sk_" + m.of(alnum, 6) + "_" + m.of(alnum, 63)},
		{"tavily", "tv" + "ly-dev-" + m.of(alnum, 32)},
		{"github classic", "gh" + "p_" + m.of(alnum, 36)},
		{"github fine-grained", "github" + "_pat_" + m.of(alnum, 22) + "_" + m.of(alnum, 59)},
		{"github app", "gh" + "s_" + m.of(alnum, 36)},
		{"gitlab", "gl" + "pat-" + m.of(urlsafe, 20)},
		{"aws access key", "AK" + "IA" + m.of(uppers+"234567", 16)},
		{"gcp", "AI" + "za" + m.of(urlsafe, 35)},
		{"google oauth secret", "GOC" + "SPX-" + m.of(urlsafe, 28)},
		{"slack bot", "xo" + "xb-" + m.of(digits, 12) + "-" + m.of(digits, 12) + "-" + m.of(alnum, 24)},
		{"slack user", "xo" + "xp-" + m.of(digits, 12) + "-" + m.of(digits, 12) + "-" + m.of(digits, 12) + "-" + m.of(hexes, 32)},
		{"slack webhook", "https://hooks.slack" + ".com/services/T" + m.of(uppers+digits, 8) + "/B" + m.of(uppers+digits, 10) + "/" + m.of(alnum, 24)},
		{"stripe live", "sk" + "_live_" + m.of(alnum, 24)},
		{"stripe restricted", "rk" + "_live_" + m.of(alnum, 99)},
		{"stripe webhook", "wh" + "sec_" + m.of(alnum, 32)},
		{"sendgrid", "S" + "G." + m.of(urlsafe, 22) + "." + m.of(urlsafe, 43)},
		{"npm", "np" + "m_" + m.of(alnum, 36)},
		{"pypi", "py" + "pi-AgEIcHlwaS5vcmc" + m.of(urlsafe, 120)},
		{"docker", "dck" + "r_pat_" + m.of(urlsafe, 27)},
		{"digitalocean", "do" + "p_v1_" + m.of(hexes, 64)},
		{"shopify", "sh" + "pat_" + m.of(hexes, 32)},
		{"notion", "nt" + "n_" + m.of(digits, 11) + m.of(alnum, 35)},
		{"linear", "lin" + "_api_" + m.of(alnum, 40)},
		{"supabase", "sb" + "p_" + m.of(hexes, 40)},
		{"telegram", m.of("123456789", 10) + ":A" + "A" + m.of(urlsafe, 33)},
		{"discord webhook", "https://discord" + ".com/api/webhooks/" + m.of("123456789", 18) + "/" + m.of(urlsafe, 68)},
		{"vault", "hv" + "s." + m.of(urlsafe, 95)},
		{"grafana", "gl" + "sa_" + m.of(alnum, 32) + "_" + m.of(hexes, 8)},
		{"azure ad", m.of(alnum, 3) + "8Q" + "~" + m.of(alnum, 34)},
		{"azure storage", "DefaultEndpointsProtocol=https;AccountName=acmeprompts;Account" + "Key=" + m.of(base64s, 86) + "==;EndpointSuffix=core.windows.net"},
		{"azure sas", "https://acme.blob.core.windows.net/p/a.txt?sv=2024-05-04&se=2030-01-01&sr=b&sp=r&s" + "ig=" + m.of(alnum, 43) + "%3D"},
		{"unleash admin", "*:" + "*." + m.of(hexes, 56)},
		{"unleash client", "*:" + "production." + m.of(hexes, 56)},
		{"unleash project", "default:" + "development." + m.of(hexes, 56)},
		{"unleash personal", "us" + "er:" + m.of(hexes, 56)},
		{"postgres url", "postgres://app:" + m.of(alnum, 16) + "@db.acme.io:5432/prompts"},
		{"mongodb url", "mongodb+srv://reader:" + m.of(alnum, 20) + "@cluster0.ab1cd.mongodb.net/chat"},
		{"redis url", "redis://:" + m.of(alnum, 24) + "@cache.acme.io:6379/0"},
		{"basic auth url", "https://deploy:" + m.password() + "@registry.acme.io/v2/"},
		{"jwt", m.jwt()},
		{"pem rsa", m.pem("RSA ", 12)},
		{"pem pkcs8", m.pem("", 6)},
		{"pem openssh", m.pem("OPENSSH ", 8)},
		{"age", "AGE-SECRET" + "-KEY-1" + m.of("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)},
	}
}
